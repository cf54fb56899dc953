import { Bitfield } from './bitfield.ts';
import { PeerWireError } from './error.ts';

/** Most pieces that a torrent may have: what holds while we do not know how many there are. */
const MAX_PIECE_COUNT = 2 ** 21;

/**
 * What the remote says of its pieces; without a number of pieces it is checked and not kept. All of them are told at once
 * before any single one; who does so again, as aria2 does with many new ones, has told of each that is news.
 */
export class RemotePieces {
  readonly have: Bitfield;
  readonly #pieceCount: number | undefined;
  #isTold = false;
  /** Haves heard while the number of pieces is not known. */
  #haveCount = 0;

  constructor(pieceCount: number | undefined) {
    this.#pieceCount = pieceCount;
    this.have = new Bitfield(pieceCount ?? 0);
  }

  /** @throws {PeerWireError} `PIECE_OUT_OF_RANGE` */
  check(index: number): void {
    const pieceCount = this.#pieceCount ?? MAX_PIECE_COUNT;
    if (index >= pieceCount) throw new PeerWireError({ code: 'PIECE_OUT_OF_RANGE', index, pieceCount });
  }

  /**
   * Takes a `have`.
   *
   * @returns Whether it may be new: there are only so many pieces that can be.
   * @throws {PeerWireError} `PIECE_OUT_OF_RANGE`
   */
  add(index: number): boolean {
    this.check(index);
    this.#isTold = true;
    if (this.#pieceCount !== undefined) return this.have.add(index);
    this.#haveCount += 1;
    return this.#haveCount <= MAX_PIECE_COUNT;
  }

  /**
   * Takes a `bitfield`.
   *
   * @returns `undefined` if it is the first word on pieces; else the pieces that are news.
   * @throws {PeerWireError} `BITFIELD_LENGTH`, `BITFIELD_SPARE_BITS`
   */
  takeBitfield(bits: Uint8Array): readonly number[] | undefined {
    const told = this.#pieceCount === undefined ? new Bitfield(0) : Bitfield.decode(bits, this.#pieceCount);
    if (this.#isTold) return this.#addNew(told);
    this.#isTold = true;
    if (this.#pieceCount !== undefined) this.have.addAll(told);
    return undefined;
  }

  /** Takes a `haveAll` or `haveNone`, as {@link takeBitfield} does. */
  takeEvery(hasAll: boolean): readonly number[] | undefined {
    const told = new Bitfield(this.have.size);
    if (hasAll) told.fill();
    if (this.#isTold) return this.#addNew(told);
    this.#isTold = true;
    if (hasAll) this.have.fill();
    return undefined;
  }

  #addNew(told: Bitfield): readonly number[] {
    const news: number[] = [];
    for (const index of told) if (this.have.add(index)) news.push(index);
    return news;
  }
}
