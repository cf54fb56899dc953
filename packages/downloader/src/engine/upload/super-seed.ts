import type { PieceLayout } from '@millrace/metainfo';
import { Bitfield, type PeerSession } from '@millrace/peer-wire';
import type { PeerKey } from '../../policy/piece-picker.ts';
import { SuperSeeding } from '../../policy/super-seeding.ts';

/** A peer as far as it is told of pieces. */
export interface SuperSeededPeer {
  readonly key: PeerKey;
  readonly session: PeerSession;
  flush(): void;
}

export interface SuperSeedOptions {
  readonly layout: PieceLayout;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly now: () => number;
}

interface Told {
  readonly peer: SuperSeededPeer;
  /** What it has: what it said, and what we gave it. Not every client tells us of a piece that it knows we have. */
  readonly have: Bitfield;
  /** Bytes that we gave it of pieces that it does not have yet. */
  readonly given: Map<number, number>;
  /** When it is over: from which piece on it is to be told of the rest. */
  next: number;
}

/** Pieces that a peer is told of at a time when it is over: of a million pieces, not all at once. */
const BATCH_COUNT = 1_024;

/**
 * Gives as if we had nothing, and tells peers of one piece after the other, as {@link SuperSeeding} decides; once others
 * have everything, of all the rest.
 */
export class SuperSeed {
  readonly #layout: PieceLayout;
  readonly #policy: SuperSeeding;
  readonly #now: () => number;
  readonly #peers = new Map<PeerKey, Told>();
  #isOver = false;

  constructor({ layout, random, now }: SuperSeedOptions) {
    this.#layout = layout;
    this.#policy = new SuperSeeding(layout.pieceCount, { random });
    this.#now = now;
  }

  /** Whether others have everything, or had: peers that come from now on are told what we have. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a peer may ask for a piece: it knows that we have it. */
  mayAsk(peer: PeerKey, index: number): boolean {
    return this.#isOver || this.#policy.isTold(peer, index);
  }

  /** A peer shook hands, and was told that we have nothing. */
  met(peer: SuperSeededPeer): void {
    if (this.#isOver) return;
    const have = new Bitfield(this.#layout.pieceCount);
    this.#peers.set(peer.key, { peer, have, given: new Map(), next: 0 });
    this.#policy.addPeer(peer.key, have, this.#now());
    this.update();
  }

  /** A peer said what it has. */
  toldAll({ key, session }: SuperSeededPeer): void {
    const told = this.#peers.get(key);
    if (told === undefined) return;
    for (const index of session.remoteHave) this.#add(told, index);
    this.#check(told);
  }

  /** A peer has one more piece. */
  gained({ key }: SuperSeededPeer, index: number): void {
    const told = this.#peers.get(key);
    if (told === undefined) return;
    this.#add(told, index);
    this.#check(told);
  }

  /** A peer was sent so many bytes of a piece. */
  served(key: PeerKey, index: number, length: number): void {
    const told = this.#peers.get(key);
    if (told === undefined || told.have.has(index)) return;
    const given = (told.given.get(index) ?? 0) + length;
    told.given.set(index, given);
    if (given < this.#layout.pieceLength(index)) return;
    told.given.delete(index);
    this.#add(told, index);
    this.#check(told);
  }

  /** A peer has a piece no longer. */
  lost({ key }: SuperSeededPeer, index: number): void {
    if (this.#peers.get(key)?.have.delete(index) === true) this.#policy.peerLost(key, index);
  }

  left({ key }: SuperSeededPeer): void {
    this.#policy.removePeer(key);
    if (this.#peers.delete(key)) this.update();
  }

  /** Tells peers what they are to be told now. To be called now and then: patience ends. */
  update(): void {
    if (this.#isOver) {
      for (const told of this.#peers.values()) this.#tellRest(told);
      return;
    }
    for (const { peer: key, index } of this.#policy.takeReveals(this.#now())) {
      const peer = this.#peers.get(key)?.peer;
      peer?.session.tellHaves([index]);
      peer?.flush();
    }
  }

  #add(told: Told, index: number): void {
    if (told.have.add(index)) this.#policy.peerHas(told.peer.key, index, this.#now());
  }

  /** Whoever has everything may leave us at once: that there is another seed is not forgotten. */
  #check({ have }: Told): void {
    if (this.#policy.isOver || have.isFull) this.#isOver = true;
    this.update();
  }

  #tellRest(told: Told): void {
    const { peer, next } = told;
    told.next = Math.min(next + BATCH_COUNT, this.#layout.pieceCount);
    const news: number[] = [];
    for (let index = next; index < told.next; index += 1)
      if (!this.#policy.isTold(peer.key, index)) news.push(index);
    peer.session.tellHaves(news);
    if (told.next === this.#layout.pieceCount) this.#peers.delete(peer.key);
    peer.flush();
  }
}
