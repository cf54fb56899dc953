import { PeerWireError, type ByteStream, type ByteStreamHandler } from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import type { PeerList } from '../policy/peer-list.ts';
import type { PeerKey } from '../policy/piece-picker.ts';

/** Opens a stream to a peer; rejects if it cannot. */
export type Dial = (
  address: PeerAddress,
  handler: ByteStreamHandler,
  options: { readonly signal: AbortSignal },
) => Promise<ByteStream>;

/** What is at our end of a stream. */
export interface Connection extends ByteStreamHandler {
  readonly key: PeerKey;
  /** `host:port`. */
  readonly name: string;
  /** Whether the peer shook hands. */
  readonly isOpen: boolean;
  /** Bytes of use that the peer gave. */
  readonly usefulLength: number;
  /** Hands over the connected stream. */
  attach(stream: ByteStream): void;
  close(reason: unknown): void;
}

export interface ConnectorOptions<C extends Connection> {
  readonly list: PeerList;
  readonly dial: Dial;
  /** Connections kept open at once. */
  readonly maxPeers: number;
  readonly now: () => number;
  /** Makes our end of a connection; it is told `onClose` if there is none after all. */
  readonly makePeer: (key: PeerKey, name: string, address: PeerAddress) => C;
  /** Ends connections that are still being opened. */
  readonly signal: AbortSignal;
}

/** Connections that may be opening at once. */
const MAX_HALF_OPEN = 32;
/** Ended connections whose names are remembered, to know who gave a bad piece. */
const MAX_NAMES = 10_000;

/** Opens connections to the peers of a list while there is room. */
export class Connector<C extends Connection> {
  readonly #options: ConnectorOptions<C>;
  readonly #peers = new Map<PeerKey, C>();
  readonly #names = new Map<PeerKey, string>();
  readonly #dials = new Set<Promise<void>>();
  #nextKey: PeerKey = 0;

  constructor(options: ConnectorOptions<C>) {
    this.#options = options;
  }

  /** Peers that are connected or being connected. */
  get peers(): Iterable<C> {
    return this.#peers.values();
  }

  /** How many peers were called so far. */
  get callCount(): number {
    return this.#nextKey;
  }

  /** Whether every connection is taken and someone else is waiting. */
  get isFull(): boolean {
    const { list, maxPeers, now } = this.#options;
    return this.#peers.size >= maxPeers && list.hasNext(now());
  }

  peer(key: PeerKey): C | undefined {
    return this.#peers.get(key);
  }

  /** Returns `host:port` of a peer, also after its connection ended. */
  nameOf(key: PeerKey): string {
    return this.#names.get(key) ?? 'unknown';
  }

  /** Opens connections while there is room and someone to call. Answers whether there is hope for any within `soonMs`. */
  connect(soonMs: number): boolean {
    const { list, maxPeers, now, signal } = this.#options;
    if (signal.aborted) return true;
    const nowMs = now();
    while (this.#dials.size < MAX_HALF_OPEN && this.#peers.size < maxPeers) {
      const candidate = list.next(nowMs);
      if (candidate === undefined) break;
      const dial = this.#dial(candidate.key, candidate.address);
      this.#dials.add(dial);
      void dial.finally(() => this.#dials.delete(dial));
    }
    return list.hasHope(nowMs, soonMs);
  }

  /** A connection ended, or did not come about. */
  ended(peer: C, reason: unknown): void {
    const { list, now } = this.#options;
    this.#peers.delete(peer.key);
    list.ended(peer.name, now(), { wasReached: peer.isOpen, givenLength: peer.usefulLength });
    // No one else will ever answer there.
    if (PeerWireError.is(reason) && reason.code === 'CONNECTED_TO_SELF') list.ban(peer.name);
  }

  /** Closes every connection and waits for those that are being opened. */
  async close(reason: unknown): Promise<void> {
    for (const peer of this.#peers.values()) peer.close(reason);
    await Promise.all(this.#dials);
  }

  async #dial(name: string, address: PeerAddress): Promise<void> {
    const { dial, makePeer, signal } = this.#options;
    const key = this.#nextKey;
    this.#nextKey += 1;
    const peer = makePeer(key, name, address);
    this.#peers.set(key, peer);
    this.#remember(key, name);
    try {
      peer.attach(await dial(address, peer, { signal }));
    } catch (error) {
      peer.onClose(error);
    }
  }

  #remember(key: PeerKey, name: string): void {
    this.#names.set(key, name);
    if (this.#names.size <= MAX_NAMES) return;
    for (const old of this.#names.keys()) {
      if (this.#peers.has(old)) continue;
      this.#names.delete(old);
      return;
    }
  }
}
