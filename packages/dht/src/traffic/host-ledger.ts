import { type HostKey, hostKey, isLoopbackIp } from '../endpoint.ts';

interface Entry {
  windowMs: number;
  packets: number;
  /** Bytes that may be sent to it before it has proved that it is where it says it is. */
  credit: number;
}

const WINDOW_MS = 10_000;
/** Hosts remembered at once, of each kind: those that come later push out those that came first. */
const MAX_HOSTS = 2048;
/** How long a host that proved its address is believed. */
const PROOF_MS = 15 * 60_000;
/** What an answer may have of the bytes of the query while nothing is proved. */
const AMPLIFICATION = 2;

/**
 * Keeps account of each host: how many packets it sends, and how many bytes may go to it. The source of a packet may be
 * forged, so that the answer goes to a victim; until a host has shown that it receives what we send, it gets at most twice
 * the bytes that it sent.
 */
export class HostLedger {
  readonly #packetsPerWindow: number;
  readonly #entries = new Map<HostKey, Entry>();
  readonly #proofs = new Map<HostKey, number>();

  constructor(packetsPerWindow: number) {
    this.#packetsPerWindow = packetsPerWindow;
  }

  /** Counts a packet from or to a host; tells whether that is within what one host may have in ten seconds. */
  admit(ip: Uint8Array, bytes: number, nowMs: number): boolean {
    // Whoever is on this machine can do worse, and shares one address with all others on it.
    if (isLoopbackIp(ip)) return true;
    const key = hostKey(ip);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_HOSTS) forgetFirst(this.#entries);
      entry = { windowMs: nowMs, packets: 0, credit: 0 };
      this.#entries.set(key, entry);
    } else if (nowMs - entry.windowMs >= WINDOW_MS) {
      entry.windowMs = nowMs;
      entry.packets = 0;
      entry.credit = 0;
    }
    entry.packets += 1;
    entry.credit += bytes * AMPLIFICATION;
    return entry.packets <= this.#packetsPerWindow;
  }

  /** Returns how many bytes an answer to a host may have. */
  credit(ip: Uint8Array, nowMs: number): number {
    return this.isProved(ip, nowMs)
      ? Number.POSITIVE_INFINITY
      : (this.#entries.get(hostKey(ip))?.credit ?? 0);
  }

  /** Counts bytes that were sent to a host on account of what it sent. */
  charge(ip: Uint8Array, bytes: number): void {
    const entry = this.#entries.get(hostKey(ip));
    if (entry !== undefined) entry.credit -= bytes;
  }

  /** A host has sent what it can only know from a packet of ours. */
  prove(ip: Uint8Array, nowMs: number): void {
    const key = hostKey(ip);
    // Moves it to the end: those that proved it long ago go first.
    this.#proofs.delete(key);
    if (this.#proofs.size >= MAX_HOSTS) forgetFirst(this.#proofs);
    this.#proofs.set(key, nowMs + PROOF_MS);
  }

  isProved(ip: Uint8Array, nowMs: number): boolean {
    return isLoopbackIp(ip) || (this.#proofs.get(hostKey(ip)) ?? Number.NEGATIVE_INFINITY) > nowMs;
  }
}

function forgetFirst(map: Map<HostKey, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
