import { formatPeerAddress, parsePeerAddress, type PeerAddress } from '@millrace/tracker-client';
import type { PeerOrigin } from '../peer-source.ts';
import {
  isBetter,
  isBetterOrigin,
  isPreferred,
  REPUTE,
  type Candidate,
  type KnownPeer,
} from './known-peer.ts';
import { peerPriority } from './peer-priority.ts';

/** How a connection ended. */
export interface PeerOutcome {
  /** Whether the peer shook hands. */
  readonly wasReached: boolean;
  /** Bytes of use that it gave. */
  readonly givenLength: number;
}

export interface PeerListOptions {
  /** Peers remembered. @defaultValue 2_000 */
  readonly maxPeers?: number;
}

const MAX_PEERS = 2_000;
/** Banned peers remembered; then the one banned first is forgotten. */
const MAX_BANNED = 10_000;
/** Addresses at one host that rumours may name: no one can make us call the same host again and again. */
const MAX_RUMOURS_PER_HOST = 5;
/** Waiting time after the first failure; it doubles with each one. */
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 30 * 60_000;
/** Waiting time after a connection that was of use. */
const USEFUL_RETRY_MS = 1_000;
/** Origins at which anyone can name any address. */
const RUMOURS: ReadonlySet<PeerOrigin> = new Set(['lan', 'incoming', 'dht', 'pex']);

/**
 * Remembers peers by `host:port`, from all sources together, and says whom to connect to next: who gave most, then who
 * failed least, then whose origin is of better repute, then who has the higher priority by BEP 40, then who came first. A peer is idle, busy or banned, never two.
 */
export class PeerList {
  readonly #maxPeers: number;
  readonly #peers = new Map<string, KnownPeer>();
  readonly #banned = new Set<string>();
  readonly #hostCounts = new Map<string, number>();
  #origins: readonly PeerOrigin[] = REPUTE;
  /** Where others see us: an address of each family at the most. */
  #own: readonly PeerAddress[] = [];

  constructor(options: PeerListOptions = {}) {
    this.#maxPeers = options.maxPeers ?? MAX_PEERS;
  }

  /** Peers known and not banned. */
  get size(): number {
    return this.#peers.size;
  }

  /**
   * Remembers a peer; where there is no room, in place of one that fails, or is of less repute.
   *
   * @returns Whether it was unknown and is known now.
   */
  add(named: PeerAddress, origin: PeerOrigin, nowMs: number): boolean {
    const address = canonical(named);
    if (address === undefined) return false;
    const key = formatPeerAddress(address);
    const known = this.#peers.get(key);
    if (known !== undefined && isBetterOrigin(origin, known.origin)) known.origin = origin;
    if (known !== undefined || !this.#isWelcome(key, address.host, origin)) return false;
    const priority = this.priorityOf(address);
    if (this.#peers.size >= this.#maxPeers && !this.#forgetWorst({ origin, priority })) return false;
    this.#hostCounts.set(address.host, (this.#hostCounts.get(address.host) ?? 0) + 1);
    this.#peers.set(key, {
      key,
      address,
      origin,
      isBusy: false,
      wasReached: false,
      failureCount: 0,
      nextTryMs: nowMs,
      givenLength: 0,
      priority,
    });
    return true;
  }

  /** Who named a peer, the best of them; `undefined` if it is not known. */
  originOf(key: string): PeerOrigin | undefined {
    return this.#peers.get(key)?.origin;
  }

  /** Chooses peers to connect to, best first, and marks them as busy; fewer than so many if it is the turn of fewer. */
  next(nowMs: number, maxCount: number): readonly Candidate[] {
    if (maxCount <= 0) return [];
    const chosen: KnownPeer[] = [];
    for (const peer of this.#peers.values()) {
      if (peer.isBusy || peer.nextTryMs > nowMs) continue;
      const worst = chosen.length < maxCount ? undefined : chosen.at(-1);
      if (worst !== undefined && !isBetter(peer, worst)) continue;
      if (worst !== undefined) chosen.pop();
      const at = chosen.findIndex((other) => isBetter(peer, other));
      chosen.splice(at < 0 ? chosen.length : at, 0, peer);
    }
    for (const peer of chosen) peer.isBusy = true;
    return chosen;
  }

  /**
   * Remembers where a peer listens that called us, and marks it as busy: it needs no call from us.
   *
   * @returns Its key; `undefined` if it is busy already, or not to be remembered.
   */
  claim(named: PeerAddress, nowMs: number): string | undefined {
    this.add(named, 'incoming', nowMs);
    const address = canonical(named);
    const key = address && formatPeerAddress(address);
    const known = key === undefined ? undefined : this.#peers.get(key);
    if (known === undefined || known.isBusy) return undefined;
    known.isBusy = true;
    return key;
  }

  /** Whether it is someone's turn now. */
  hasNext(nowMs: number): boolean {
    for (const peer of this.#peers.values()) if (!peer.isBusy && peer.nextTryMs <= nowMs) return true;
    return false;
  }

  /** Whether some peer is connected, being connected, or may be tried soon (within `soonMs`). */
  hasHope(nowMs: number, soonMs: number): boolean {
    for (const peer of this.#peers.values()) {
      if (peer.isBusy || peer.nextTryMs <= nowMs + soonMs) return true;
    }
    return false;
  }

  /** A connection ended. It counts as a failure unless it brought something. */
  ended(key: string, nowMs: number, { wasReached, givenLength }: PeerOutcome): void {
    const peer = this.#peers.get(key);
    if (peer === undefined) return;
    peer.isBusy = false;
    peer.wasReached = wasReached;
    peer.givenLength += givenLength;
    peer.failureCount = givenLength > 0 ? 0 : peer.failureCount + 1;
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** (peer.failureCount - 1), LAST_RETRY_MS);
    peer.nextTryMs = nowMs + (givenLength > 0 ? USEFUL_RETRY_MS : retryMs);
  }

  /** Something else is asked of peers from now on: those that could be reached may be tried at once. */
  refresh(nowMs: number): void {
    for (const peer of this.#peers.values()) {
      if (!peer.wasReached) continue;
      peer.failureCount = 0;
      peer.nextTryMs = nowMs;
    }
  }

  /** Learns where others see us, an IP address: the priority of each peer follows from that. */
  seenAs(own: PeerAddress): void {
    const others = this.#own.filter(({ host }) => host.includes(':') !== own.host.includes(':'));
    this.#own = [...others, own];
    for (const peer of this.#peers.values()) peer.priority = this.priorityOf(peer.address);
  }

  /** Answers how much a peer at an address and we are meant for each other: who has more counts more when there is no room. */
  priorityOf(address: PeerAddress): number {
    for (const own of this.#own) {
      const priority = peerPriority(own, address);
      if (priority !== undefined) return priority;
    }
    return 0;
  }

  /** Forgets peers of other origins, those that are busy too, and takes no more of them. */
  restrict(origins: readonly PeerOrigin[]): void {
    this.#origins = origins;
    for (const [key, { origin }] of this.#peers) if (!origins.includes(origin)) this.#forget(key);
  }

  /** Never connects to this address again, known or not. Answers whether it was not banned before. */
  ban(key: string): boolean {
    this.#forget(key);
    if (this.#banned.has(key)) return false;
    this.#banned.add(key);
    if (this.#banned.size > MAX_BANNED) for (const first of this.#banned) return this.#banned.delete(first);
    return true;
  }

  /** Whether an address is one that is never connected to again. */
  isBanned(key: string): boolean {
    return this.#banned.has(key);
  }

  #isWelcome(key: string, host: string, origin: PeerOrigin): boolean {
    if (this.#banned.has(key) || !this.#origins.includes(origin)) return false;
    return !RUMOURS.has(origin) || (this.#hostCounts.get(host) ?? 0) < MAX_RUMOURS_PER_HOST;
  }

  /**
   * Makes room: of those that never gave anything, the one that failed most goes, or one of less repute than the newcomer,
   * or of as much and less priority.
   */
  #forgetWorst(newcomer: Pick<KnownPeer, 'origin' | 'priority'>): boolean {
    let worst: KnownPeer | undefined;
    for (const peer of this.#peers.values()) {
      if (peer.isBusy || peer.givenLength > 0) continue;
      if (peer.failureCount === 0 && !isPreferred(newcomer, peer)) continue;
      if (worst === undefined || isBetter(worst, peer)) worst = peer;
    }
    if (worst !== undefined) this.#forget(worst.key);
    return worst !== undefined;
  }

  #forget(key: string): void {
    const host = this.#peers.get(key)?.address.host;
    if (host === undefined) return;
    this.#peers.delete(key);
    const left = (this.#hostCounts.get(host) ?? 0) - 1;
    if (left > 0) this.#hostCounts.set(host, left);
    else this.#hostCounts.delete(host);
  }
}

/** One spelling for each address, `undefined` for what is none. */
function canonical(address: PeerAddress): PeerAddress | undefined {
  try {
    return parsePeerAddress(formatPeerAddress(address));
  } catch {
    return undefined;
  }
}
