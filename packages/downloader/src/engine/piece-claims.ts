import type { Bitfield } from '@millrace/peer-wire';
import type { PeerKey, PiecePicker } from '../policy/piece-picker.ts';

/** A peer as far as it is about its pieces. */
export interface ClaimingPeer {
  readonly key: PeerKey;
  readonly session: { readonly remoteHave: Bitfield };
  /** Pieces that it has and we want. */
  readonly leftCount: number;
  /** The same as counted for it; `undefined` for one that has everything: whatever is left. */
  ownLeftCount: number | undefined;
  /** Tells the peer whether we want something from it. */
  showInterest(): void;
}

/**
 * Counts what peers have that we want. What a peer refuses for a while is taken out of its `remoteHave`, so that it counts
 * as any other piece that it does not have.
 */
export class PieceClaims {
  readonly #picker: PiecePicker;
  /** Peers without some pieces. The others have whatever is left: no one counts for them. */
  readonly #partial = new Set<ClaimingPeer>();

  constructor(picker: PiecePicker) {
    this.#picker = picker;
  }

  /** The peer told which pieces it has; `remoteHave` reflects it. */
  told(peer: ClaimingPeer): void {
    const { remoteHave } = peer.session;
    const leftCount = this.#picker.addPeer(peer.key, remoteHave);
    if (remoteHave.isFull) peer.ownLeftCount = undefined;
    else this.#setLeft(peer, leftCount);
    peer.showInterest();
  }

  /** The peer has one more piece; `remoteHave` reflects it. */
  gained(peer: ClaimingPeer, index: number): void {
    // The first piece told by `have` is in the bitfield already.
    if (this.#picker.knows(peer.key)) this.#picker.peerHas(peer.key, index);
    else this.#picker.addPeer(peer.key, peer.session.remoteHave);
    if (!this.#picker.isLeft(index)) return;
    this.#setLeft(peer, peer.leftCount + 1);
    peer.showInterest();
  }

  /** The peer has a piece no longer; `remoteHave` reflects it. */
  lost(peer: ClaimingPeer, index: number): void {
    this.#forget(peer, index);
    peer.showInterest();
  }

  /** The peer does not give us a piece that it has: our interest stays. */
  refused(peer: ClaimingPeer, index: number): void {
    if (peer.session.remoteHave.delete(index)) this.#forget(peer, index);
  }

  /** The peer may be asked again for a piece that it refused. */
  forgiven(peer: ClaimingPeer, index: number): void {
    if (peer.session.remoteHave.add(index)) this.gained(peer, index);
  }

  /** We have a piece: no one is asked for it any more. */
  verified(index: number): void {
    for (const peer of this.#partial) {
      if (!peer.session.remoteHave.has(index)) continue;
      this.#setLeft(peer, peer.leftCount - 1);
      if (peer.leftCount === 0) peer.showInterest();
    }
  }

  /** The peer is gone. */
  gone(peer: ClaimingPeer): void {
    this.#partial.delete(peer);
    this.#picker.removePeer(peer.key);
  }

  #forget(peer: ClaimingPeer, index: number): void {
    const { leftCount } = peer;
    this.#picker.peerLost(peer.key, index);
    this.#setLeft(peer, this.#picker.isLeft(index) ? leftCount - 1 : leftCount);
  }

  #setLeft(peer: ClaimingPeer, leftCount: number): void {
    peer.ownLeftCount = leftCount;
    this.#partial.add(peer);
  }
}
