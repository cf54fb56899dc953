import type { PeerAddress } from '@millrace/tracker-client';
import { toHex } from '../hex.ts';

/** A peer as the tracker knows it. */
export interface SwarmPeer extends PeerAddress {
  readonly peerId: Uint8Array;
  /** Bytes it has yet to get, as it said itself. */
  readonly left: number;
}

/** The peers of one torrent, one for each peer id, in the order in which they came. */
export class Swarm {
  readonly #peers = new Map<string, SwarmPeer>();
  /** How many peers have said `completed`. */
  downloads = 0;

  get peers(): readonly SwarmPeer[] {
    return [...this.#peers.values()];
  }

  get seeders(): number {
    return this.peers.filter((peer) => peer.left === 0).length;
  }

  get leechers(): number {
    return this.peers.filter((peer) => peer.left > 0).length;
  }

  put(peer: SwarmPeer): void {
    this.#peers.set(toHex(peer.peerId), peer);
  }

  remove(peerId: Uint8Array): void {
    this.#peers.delete(toHex(peerId));
  }

  /** Returns at most `count` peers, the one that asks left out. */
  others(peerId: Uint8Array, count: number): readonly SwarmPeer[] {
    const own = toHex(peerId);
    return this.peers.filter((peer) => toHex(peer.peerId) !== own).slice(0, count);
  }
}
