import type { Bitfield } from '@millrace/peer-wire';
import type { PieceLayout } from '@millrace/metainfo';
import { OpenPiece } from '../piece/open-piece.ts';
import type { PieceBuffers } from '../piece/piece-buffers.ts';
import { Endgame, type BlockChoice, type Helper } from './endgame.ts';
import type { PeerKey, PiecePicker } from './piece-picker.ts';

/** A peer that could do more. */
export interface IdleHelper extends Helper {
  /** Whether it has nothing else to do: while memory is spent, it may be asked for what another owes. */
  readonly isIdle: boolean;
}

/** Time for which a piece may hold up a peer that could fetch another, or the same; it doubles each time the piece is given up. */
const FIRST_PATIENCE_MS = 20_000;

/**
 * Chooses which block to ask of a peer next. It goes on with the pieces this peer began, then with those whose peers
 * left, then begins a new one while memory lasts, then helps others, and at the very end asks twice.
 *
 * A piece is in `#open` from its first request until it is complete or given up; those with unrequested blocks are in
 * `#unfinished` too.
 */
export class BlockPicker {
  readonly #picker: PiecePicker;
  readonly #layout: PieceLayout;
  readonly #buffers: PieceBuffers;
  readonly #open = new Map<number, OpenPiece>();
  /** Open pieces with unrequested blocks, and the peer that is at work on each. */
  readonly #unfinished = new Map<OpenPiece, PeerKey | undefined>();
  /** The piece each peer goes on with. */
  readonly #current = new Map<PeerKey, OpenPiece>();
  readonly #endgame = new Endgame(this.#open);
  /** Requests made and released so far. */
  #changeCount = 0;
  /** Pieces that failed while several peers shared them: from one peer alone next time, and before others. */
  readonly #suspect = new Set<number>();
  /** Time that pieces which were given up may hold up others next time, where it is not the first. */
  readonly #patienceMs = new Map<number, number>();

  constructor(picker: PiecePicker, layout: PieceLayout, buffers: PieceBuffers) {
    this.#picker = picker;
    this.#layout = layout;
    this.#buffers = buffers;
  }

  /** Whether there may be something to ask someone for. If not, none of those who wait need try. */
  get mayOffer(): boolean {
    return this.#unfinished.size > 0 || this.#picker.missingCount === 0 || !this.isSpent;
  }

  /** Whether no new piece is begun: the memory is spent, and what came back of it is still gathered. */
  get isSpent(): boolean {
    return this.#buffers.isSpent;
  }

  /** Pieces on their way. */
  get openPieces(): Iterable<OpenPiece> {
    return this.#open.values();
  }

  openPiece(index: number): OpenPiece | undefined {
    return this.#open.get(index);
  }

  /**
   * Chooses a block that no one owes and notes it as requested of `peer`. Answers `undefined` if there is none to ask this
   * peer for now.
   */
  pick(peer: PeerKey, have: Bitfield, nowMs: number): BlockChoice | undefined {
    const piece = this.#unfinishedPiece(peer, have);
    const block = piece?.firstUnrequested();
    if (piece === undefined || block === undefined) return undefined;
    this.#request(piece, block, peer, nowMs);
    return { piece, block };
  }

  /** Chooses as {@link pick} does, when that found nothing: at the end, a block that another peer owes. */
  pickOwed(peer: PeerKey, have: Bitfield, { isIdle, ...helper }: IdleHelper): BlockChoice | undefined {
    const isEnd = this.#picker.missingCount === 0;
    if (!isEnd && !(isIdle && this.isSpent)) return undefined;
    const choice = this.#endgame.pick(peer, have, { ...helper, changeCount: this.#changeCount });
    if (choice !== undefined) this.#request(choice.piece, choice.block, peer, helper.nowMs);
    return choice;
  }

  /**
   * Chooses as {@link pick} does, of these pieces only: the peer chokes us, and lets us have them all the same.
   *
   * @param pieces - Pieces that the peer has.
   */
  pickAmong(peer: PeerKey, pieces: Iterable<number>, nowMs: number): BlockChoice | undefined {
    for (const index of pieces) {
      const piece = this.#open.get(index) ?? this.#beginWith(peer, index);
      if (piece === undefined || !piece.allows(peer)) continue;
      const block = piece.firstUnrequested();
      if (block === undefined) continue;
      this.#request(piece, block, peer, nowMs);
      return { piece, block };
    }
    return undefined;
  }

  /** Notes that `peer` will not send a block after all. */
  release(index: number, block: number, peer: PeerKey): void {
    this.#changeCount += 1;
    const piece = this.#open.get(index);
    if (piece === undefined) return;
    piece.released(block, peer);
    if (piece.unrequestedCount > 0 && !this.#unfinished.has(piece)) this.#unfinished.set(piece, undefined);
  }

  /** Notes that a peer choked us or was snubbed, after its blocks were released: its pieces are free for others to go on with. */
  pausePeer(peer: PeerKey): void {
    this.#current.delete(peer);
    for (const [piece, owner] of this.#unfinished) if (owner === peer) this.#unfinished.set(piece, undefined);
  }

  /** Forgets a peer that left, after its blocks were released. What it alone was to give is given up. */
  removePeer(peer: PeerKey): void {
    this.pausePeer(peer);
    this.#endgame.removePeer(peer);
    for (const piece of this.#open.values()) if (piece.exclusiveTo === peer) this.#close(piece);
  }

  /**
   * Finds the piece that has held up a peer for too long: one that another has for itself, or one that no one is at work
   * on while it takes up the memory for another.
   */
  blocker(peer: PeerKey, have: Bitfield, idleMs: number): OpenPiece | undefined {
    if (idleMs < FIRST_PATIENCE_MS) return undefined; // asked for each of hundreds, twice a second
    const isTooLong = ({ index }: OpenPiece): boolean =>
      idleMs >= (this.#patienceMs.get(index) ?? FIRST_PATIENCE_MS);
    for (const piece of this.#open.values()) {
      if (have.has(piece.index) && !piece.allows(peer) && isTooLong(piece)) return piece;
    }
    if (!this.isSpent || !this.#picker.offers(peer)) return undefined;
    let least: OpenPiece | undefined;
    for (const [piece, owner] of this.#unfinished) {
      if (owner !== undefined || piece.unrequestedCount + piece.receivedCount < piece.blockCount) continue;
      if (isTooLong(piece) && piece.receivedCount < (least?.receivedCount ?? Infinity)) least = piece;
    }
    return least;
  }

  /** Gives up a piece that no one is asked for (any more): what there is of it is lost. */
  giveUp(piece: OpenPiece): void {
    const { index } = piece;
    this.#patienceMs.set(index, 2 * (this.#patienceMs.get(index) ?? FIRST_PATIENCE_MS));
    this.#close(piece);
  }

  /** Begins new pieces with the memory that there is, be it little. */
  giveOut(): void {
    this.#buffers.giveOut();
  }

  /** Takes a complete piece out; the caller closes it. */
  take(piece: OpenPiece): void {
    this.#open.delete(piece.index);
    this.#unfinished.delete(piece);
  }

  /** Makes a taken piece missing again. `isShared` if several peers gave it, so that the next try is from one. */
  failed(index: number, isShared: boolean): void {
    if (isShared) this.#suspect.add(index);
    this.#picker.release(index);
  }

  /** A piece is right at last. */
  passed(index: number): void {
    this.#suspect.delete(index);
    this.#patienceMs.delete(index);
  }

  #unfinishedPiece(peer: PeerKey, have: Bitfield): OpenPiece | undefined {
    const current = this.#current.get(peer);
    if (current !== undefined && current.unrequestedCount > 0) return current;
    const piece = this.#orphan(peer, have) ?? this.#begin(peer, have) ?? this.#shared(peer, have);
    if (piece !== undefined) this.#current.set(peer, piece);
    return piece;
  }

  #orphan(peer: PeerKey, have: Bitfield): OpenPiece | undefined {
    for (const [piece, owner] of this.#unfinished) {
      if (owner !== undefined || !have.has(piece.index) || !piece.allows(peer)) continue;
      this.#unfinished.set(piece, peer);
      return piece;
    }
    return undefined;
  }

  #begin(peer: PeerKey, have: Bitfield): OpenPiece | undefined {
    if (this.#picker.missingCount === 0 || this.isSpent) return undefined;
    const index = this.#pickSuspect(have) ?? this.#picker.pick(peer);
    return index === undefined ? undefined : this.#openFor(peer, index);
  }

  /** One that failed: once it is right, it is known who gave wrong blocks of it. */
  #pickSuspect(have: Bitfield): number | undefined {
    for (const index of this.#suspect) if (have.has(index) && this.#picker.reserve(index)) return index;
    return undefined;
  }

  #beginWith(peer: PeerKey, index: number): OpenPiece | undefined {
    if (this.isSpent || !this.#picker.reserve(index)) return undefined;
    return this.#openFor(peer, index);
  }

  #openFor(peer: PeerKey, index: number): OpenPiece {
    this.#buffers.reserve();
    const piece = new OpenPiece(index, this.#layout, this.#buffers, this.#suspect.has(index));
    this.#open.set(index, piece);
    this.#unfinished.set(piece, peer);
    return piece;
  }

  #shared(peer: PeerKey, have: Bitfield): OpenPiece | undefined {
    for (const piece of this.#unfinished.keys())
      if (have.has(piece.index) && piece.allows(peer)) return piece;
    return undefined;
  }

  #request(piece: OpenPiece, block: number, peer: PeerKey, nowMs: number): void {
    this.#changeCount += 1;
    piece.requested(block, peer, nowMs);
    if (piece.unrequestedCount === 0) this.#unfinished.delete(piece);
  }

  #close(piece: OpenPiece): void {
    this.take(piece);
    piece.close();
    // Someone waits for this very memory.
    this.giveOut();
    this.#picker.release(piece.index);
  }
}
