import type { Bitfield } from '@millrace/peer-wire';
import type { PieceLayout } from '@millrace/metainfo';
import { OpenPiece } from '../piece/open-piece.ts';
import type { PieceBuffers } from '../piece/piece-buffers.ts';
import type { PeerKey, PiecePicker } from './piece-picker.ts';

/** A block to ask for. */
export interface BlockChoice {
  readonly piece: OpenPiece;
  readonly block: number;
}

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
  /** Pieces that failed while several peers shared them: from one peer alone next time. */
  readonly #suspect = new Set<number>();

  constructor(picker: PiecePicker, layout: PieceLayout, buffers: PieceBuffers) {
    this.#picker = picker;
    this.#layout = layout;
    this.#buffers = buffers;
  }

  /** Pieces on their way. */
  get openPieces(): Iterable<OpenPiece> {
    return this.#open.values();
  }

  openPiece(index: number): OpenPiece | undefined {
    return this.#open.get(index);
  }

  /** Chooses a block and notes it as requested of `peer`. Answers `undefined` if there is nothing to ask this peer for now. */
  pick(peer: PeerKey, have: Bitfield): BlockChoice | undefined {
    const piece = this.#unfinishedPiece(peer, have);
    if (piece === undefined) return this.#pickEndgame(peer, have);
    const block = piece.firstUnrequested();
    if (block === undefined) return undefined;
    this.#request(piece, block, peer);
    return { piece, block };
  }

  /** Notes that `peer` will not send a block after all. */
  release(index: number, block: number, peer: PeerKey): void {
    const piece = this.#open.get(index);
    if (piece === undefined) return;
    piece.released(block, peer);
    if (piece.unrequestedCount > 0 && !this.#unfinished.has(piece)) this.#unfinished.set(piece, undefined);
  }

  /** Forgets a peer that left or was snubbed, after its blocks were released: its pieces are free for others to go on with. */
  removePeer(peer: PeerKey): void {
    this.#current.delete(peer);
    for (const [piece, owner] of this.#unfinished) if (owner === peer) this.#unfinished.set(piece, undefined);
    for (const piece of this.#open.values())
      if (piece.exclusiveTo === peer && !piece.isComplete) this.#giveUp(piece);
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

  #unfinishedPiece(peer: PeerKey, have: Bitfield): OpenPiece | undefined {
    const current = this.#current.get(peer);
    if (current !== undefined && current.unrequestedCount > 0) return current;
    const piece = this.#orphan(peer, have) ?? this.#begin(peer) ?? this.#shared(peer, have);
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

  #begin(peer: PeerKey): OpenPiece | undefined {
    if (this.#picker.missingCount === 0 || !this.#buffers.reserve()) return undefined;
    const index = this.#picker.pick(peer);
    if (index === undefined) {
      this.#buffers.release(undefined);
      return undefined;
    }
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

  /** Only when every wanted piece is on its way: a block that another peer owes is asked for a second time. */
  #pickEndgame(peer: PeerKey, have: Bitfield): BlockChoice | undefined {
    if (this.#picker.missingCount > 0) return undefined;
    for (const piece of this.#open.values()) {
      if (piece.isExclusive || !have.has(piece.index)) continue;
      for (let block = 0; block < piece.blockCount; block += 1) {
        if (!piece.mayAsk(block, peer)) continue;
        this.#request(piece, block, peer);
        return { piece, block };
      }
    }
    return undefined;
  }

  #request(piece: OpenPiece, block: number, peer: PeerKey): void {
    piece.requested(block, peer);
    if (piece.unrequestedCount === 0) this.#unfinished.delete(piece);
  }

  #giveUp(piece: OpenPiece): void {
    this.take(piece);
    piece.close();
    this.#picker.release(piece.index);
  }
}
