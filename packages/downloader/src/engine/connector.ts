import type { ByteStream, ByteStreamHandler } from '@millrace/peer-wire';
import { formatPeerAddress, type PeerAddress } from '@millrace/tracker-client';
import { PeerList } from '../policy/peer-list.ts';
import type { PeerKey } from '../policy/piece-picker.ts';
import type { Peer } from './peer.ts';

/** Opens a stream to a peer; rejects if it cannot. */
export type Dial = (
  address: PeerAddress,
  handler: ByteStreamHandler,
  options: { readonly signal: AbortSignal },
) => Promise<ByteStream>;

export interface ConnectorOptions {
  readonly dial: Dial;
  /** Connections kept open at once. */
  readonly maxPeers: number;
  readonly now: () => number;
  /** Makes the peer that a connection is for; it is told `onClose` if there is none after all. */
  readonly makePeer: (key: PeerKey, name: string) => Peer;
  /** Ends connections that are still being opened. */
  readonly signal: AbortSignal;
}

/** Connections that may be opening at once. */
const MAX_HALF_OPEN = 32;
/** Ended connections whose names are remembered, to know who gave a bad piece. */
const MAX_NAMES = 10_000;

/** Knows the torrent's peers, connected or not, and opens connections while there is room. */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #list = new PeerList();
  readonly #peers = new Map<PeerKey, Peer>();
  readonly #names = new Map<PeerKey, string>();
  readonly #dials = new Set<Promise<void>>();
  #nextKey: PeerKey = 0;

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /** Peers that are connected or being connected. */
  get peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  get knownCount(): number {
    return this.#list.size;
  }

  /** Whether every connection is taken and someone else is waiting. */
  get isFull(): boolean {
    return this.#peers.size >= this.#options.maxPeers && this.#list.hasNext(this.#options.now());
  }

  peer(key: PeerKey): Peer | undefined {
    return this.#peers.get(key);
  }

  /** Returns `host:port` of a peer, also after its connection ended. */
  nameOf(key: PeerKey): string {
    return this.#names.get(key) ?? 'unknown';
  }

  /** Takes in what a source found. */
  add(addresses: readonly PeerAddress[]): void {
    const nowMs = this.#options.now();
    for (const address of addresses) this.#list.add(formatPeerAddress(address), address, nowMs);
  }

  /** Opens connections while there is room and someone to call. Answers whether there is hope for any within `soonMs`. */
  connect(soonMs: number): boolean {
    const { maxPeers, now, signal } = this.#options;
    if (signal.aborted) return true;
    const nowMs = now();
    while (this.#dials.size < MAX_HALF_OPEN && this.#peers.size < maxPeers) {
      const candidate = this.#list.next(nowMs);
      if (candidate === undefined) break;
      const dial = this.#dial(candidate.key, candidate.address);
      this.#dials.add(dial);
      void dial.finally(() => this.#dials.delete(dial));
    }
    return this.#list.hasHope(nowMs, soonMs);
  }

  /** A connection ended, or did not come about. */
  ended(peer: Peer): void {
    this.#peers.delete(peer.key);
    this.#list.gave(peer.name, peer.usefulLength);
    this.#list.ended(peer.name, this.#options.now(), peer.usefulLength > 0);
  }

  /** Never calls this peer again. Answers whether it was not banned before. */
  ban(name: string): boolean {
    return this.#list.ban(name);
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
    const peer = makePeer(key, name);
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
