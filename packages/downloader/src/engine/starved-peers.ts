import type { Bitfield } from '@millrace/peer-wire';
import type { BlockPicker } from '../policy/block-picker.ts';
import type { PeerKey } from '../policy/piece-picker.ts';

/** A peer as far as it is kept busy. */
export interface WorkingPeer {
  readonly key: PeerKey;
  readonly session: { readonly remoteHave: Bitfield };
  /** Block bytes that it brought and we used. */
  readonly usefulLength: number;
  /** Whether it is our own limit that keeps us from asking it for more. */
  readonly isHeldBack: boolean;
  /** Asks for what there is room for, and sends what is queued. */
  pump(nowMs: number): void;
  /** Takes all requests back; whoever has it done sees to it that others are asked. */
  takeBack(): void;
}

export interface StarvedPeersOptions {
  readonly blocks: BlockPicker;
  /** Finds a connected peer. */
  readonly peer: (key: PeerKey) => WorkingPeer | undefined;
  readonly now: () => number;
  /** Aborted when no one is to be asked for anything any more. */
  readonly signal: AbortSignal;
}

/** Peers with room for requests and nothing to ask them for. They wait until memory comes free, or blocks do. */
export class StarvedPeers {
  readonly #options: StarvedPeersOptions;
  readonly #peers = new Set<WorkingPeer>();

  constructor(options: StarvedPeersOptions) {
    this.#options = options;
  }

  /** There is room for requests, but nothing to ask this peer for. */
  add(peer: WorkingPeer): void {
    this.#peers.add(peer);
  }

  /** A connection ended. */
  left(peer: WorkingPeer): void {
    this.#peers.delete(peer);
  }

  /**
   * Gives those a chance that had nothing to ask for: memory came free, or blocks did.
   *
   * @param maxVain - After how many in a row that still find nothing the others need not try.
   */
  feed(maxVain: number = Infinity): void {
    const { blocks, now, signal } = this.#options;
    if (this.#peers.size === 0 || signal.aborted) return;
    const nowMs = now();
    let left = this.#peers.size;
    let vain = 0;
    // Who finds nothing comes last the next time.
    for (const peer of this.#peers) {
      if (left === 0 || vain === maxVain || !blocks.mayOffer) return;
      left -= 1;
      this.#peers.delete(peer);
      peer.pump(nowMs);
      vain = this.#peers.has(peer) ? vain + 1 : 0;
    }
  }

  /** The peer could send, and there was nothing to ask it for, for so long: what holds it up for too long is given up. */
  heldUp(peer: WorkingPeer, idleMs: number): void {
    const { blocks, now } = this.#options;
    const piece = blocks.blocker(peer.key, peer.session.remoteHave, idleMs);
    if (piece === undefined) return;
    // Of those who wait, the one that has given most.
    for (const { usefulLength, session } of this.#peers)
      if (usefulLength > peer.usefulLength && session.remoteHave.has(piece.index)) return;
    const holder = piece.exclusiveTo === undefined ? undefined : this.#options.peer(piece.exclusiveTo);
    // Where it is our own limit that makes it last, no one else would be quicker.
    if (holder?.isHeldBack === true) return;
    holder?.takeBack();
    blocks.giveUp(piece);
    peer.pump(now());
    this.feed();
  }
}
