import type { Bitfield } from '@millrace/peer-wire';
import type { PeerKey } from './piece-picker.ts';

/** A piece that one peer is to be told of. */
export interface Reveal {
  readonly peer: PeerKey;
  readonly index: number;
}

export interface SuperSeedingOptions {
  /** A number from 0 up to 1, drawn for every choice between equals. */
  readonly random: () => number;
  /** Pieces that a peer is told of and has not passed on yet, at the most. @defaultValue 2 */
  readonly maxPending?: number;
}

interface SeededPeer {
  readonly have: Bitfield;
  /** Pieces that it was told of and has not passed on, and until when it may take. */
  readonly pending: Map<number, number>;
  /** Every piece it was told of. */
  readonly told: Set<number>;
}

/** One comes while the one before is passed on: with one alone our link would be idle in between. */
const MAX_PENDING = 2;
/** Time that a peer may take to get a piece that it was told of; then another is told. */
const PATIENCE_MS = 5 * 60_000;
/** Time it may take to pass it on. Peers that can reach no one but us would wait for ever for their next one otherwise. */
const PASSING_PATIENCE_MS = 60_000;
/** Time between two looks at who took too long. */
const CHECK_MS = 1_000;

/**
 * Decides which piece to tell which peer of, so that the only seed sends each piece about once: a peer is told of pieces
 * that no one else has or was told of, and of the next one only when one of them has been seen at another peer, which
 * then got it from this one. Where there is no other that lacks it, it is enough to have it. To begin with, tell peers
 * of no pieces at all.
 *
 * A piece is fresh (no other peer has it, and none was told of it), pending at a peer, or out; `#fresh` holds the fresh.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0016.html | BEP 16, superseeding}
 */
export class SuperSeeding {
  readonly #random: () => number;
  readonly #maxPending: number;
  readonly #peers = new Map<PeerKey, SeededPeer>();
  /** How many peers have each piece. */
  readonly #haveCounts: Uint32Array;
  /** In no order; `#places` says where each is, plus 1. */
  readonly #fresh: number[] = [];
  readonly #places: Uint32Array;
  /** Who was told of a piece and has not passed it on. */
  readonly #pendingAt = new Map<number, PeerKey>();
  /** Peers that may be told of more. */
  readonly #ready = new Set<PeerKey>();
  #unseenCount: number;
  #checkedMs = -Infinity;

  constructor(pieceCount: number, options: SuperSeedingOptions) {
    this.#random = options.random;
    this.#maxPending = options.maxPending ?? MAX_PENDING;
    this.#haveCounts = new Uint32Array(pieceCount);
    this.#places = new Uint32Array(pieceCount);
    this.#unseenCount = pieceCount;
    for (let index = 0; index < pieceCount; index += 1) this.#freshen(index);
  }

  /** Whether other peers have every piece between them: peers may be told that we have everything. */
  get isOver(): boolean {
    return this.#unseenCount === 0;
  }

  /** Whether a peer may ask for a piece: it was told of it. */
  isTold(peer: PeerKey, index: number): boolean {
    return this.#peers.get(peer)?.told.has(index) ?? false;
  }

  /** A peer came. `have` is looked at again later: {@link peerHas} is to be called whenever it grows. */
  addPeer(peer: PeerKey, have: Bitfield, nowMs: number): void {
    this.#peers.set(peer, { have, pending: new Map(), told: new Set() });
    this.#ready.add(peer);
    for (const index of have) this.#seen(index, peer, nowMs);
  }

  /** A peer has one more piece, after its `have` has it. */
  peerHas(peer: PeerKey, index: number, nowMs: number): void {
    if (this.#peers.has(peer)) this.#seen(index, peer, nowMs);
  }

  /** A peer has a piece no longer, after its `have` lost it. */
  peerLost(peer: PeerKey, index: number): void {
    if (this.#peers.has(peer)) this.#lost(index);
  }

  /** A peer left. What it was told of and did not pass on is told to others. */
  removePeer(peer: PeerKey): void {
    const gone = this.#peers.get(peer);
    if (gone === undefined) return;
    this.#peers.delete(peer);
    this.#ready.delete(peer);
    for (const index of gone.have) this.#lost(index);
    for (const index of gone.pending.keys()) this.#settle(index, gone);
    // It may have been the only one left to pass something on to.
    for (const index of this.#pendingAt.keys()) this.#settleIfPassedOn(index);
  }

  /** Takes what peers are to be told of now. Call it after the others, and every second. */
  takeReveals(nowMs: number): readonly Reveal[] {
    if (nowMs - this.#checkedMs >= CHECK_MS) this.#endPatience(nowMs);
    const reveals: Reveal[] = [];
    if (this.#fresh.length === 0) return reveals;
    // In turns: who may be told of one more comes to the end.
    for (const peer of this.#ready) {
      const seeded = this.#peers.get(peer);
      const index = seeded && this.#draw(seeded);
      if (seeded === undefined || index === undefined) continue;
      this.#pendingAt.set(index, peer);
      seeded.told.add(index);
      seeded.pending.set(index, nowMs + PATIENCE_MS);
      this.#ready.delete(peer);
      if (seeded.pending.size < this.#maxPending) this.#ready.add(peer);
      reveals.push({ peer, index });
    }
    return reveals;
  }

  #seen(index: number, peer: PeerKey, nowMs: number): void {
    const haveCount = (this.#haveCounts[index] ?? 0) + 1;
    this.#haveCounts[index] = haveCount;
    if (haveCount === 1) this.#unseenCount -= 1;
    if (this.#pendingAt.get(index) === peer)
      this.#peers.get(peer)?.pending.set(index, nowMs + PASSING_PATIENCE_MS);
    if (this.#pendingAt.has(index)) this.#settleIfPassedOn(index);
    else this.#takeFresh(index);
  }

  #lost(index: number): void {
    const haveCount = (this.#haveCounts[index] ?? 0) - 1;
    this.#haveCounts[index] = haveCount;
    if (haveCount > 0) return;
    this.#unseenCount += 1;
    if (!this.#pendingAt.has(index)) this.#freshen(index);
  }

  #settleIfPassedOn(index: number): void {
    const peer = this.#pendingAt.get(index);
    const seeded = peer === undefined ? undefined : this.#peers.get(peer);
    if (seeded === undefined) return;
    const haveCount = this.#haveCounts[index] ?? 0;
    const hasIt = seeded.have.has(index);
    if (haveCount > (hasIt ? 1 : 0) || (hasIt && haveCount === this.#peers.size)) this.#settle(index, seeded);
  }

  /** A piece is pending no longer. */
  #settle(index: number, seeded: SeededPeer): void {
    const peer = this.#pendingAt.get(index);
    this.#pendingAt.delete(index);
    seeded.pending.delete(index);
    if (peer !== undefined && this.#peers.has(peer)) this.#ready.add(peer);
    if (this.#haveCounts[index] === 0) this.#freshen(index);
  }

  #endPatience(nowMs: number): void {
    this.#checkedMs = nowMs;
    for (const seeded of this.#peers.values())
      for (const [index, untilMs] of seeded.pending) if (nowMs >= untilMs) this.#settle(index, seeded);
  }

  /** Takes a fresh piece, by chance, that the peer was not told of before. */
  #draw({ told }: SeededPeer): number | undefined {
    const { length } = this.#fresh;
    const start = Math.floor(this.#random() * length);
    for (let at = 0; at < length; at += 1) {
      const index = this.#fresh[(start + at) % length];
      if (index === undefined || told.has(index)) continue;
      this.#takeFresh(index);
      return index;
    }
    return undefined;
  }

  #freshen(index: number): void {
    this.#places[index] = this.#fresh.push(index);
  }

  /** Takes a piece out of the fresh ones, if it is one. */
  #takeFresh(index: number): void {
    const place = this.#places[index] ?? 0;
    const last = place === 0 ? undefined : this.#fresh.pop();
    if (last === undefined) return;
    if (last !== index) {
      this.#fresh[place - 1] = last;
      this.#places[last] = place;
    }
    this.#places[index] = 0;
  }
}
