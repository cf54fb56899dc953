import { Bitfield } from './bitfield.ts';
import { PeerWireError } from './error.ts';

/** Most pieces that a torrent may have: what holds while we do not know how many there are. */
const MAX_PIECE_COUNT = 2 ** 21;

/**
 * What the remote says of its pieces. All of them can be told once at most, before any single one; without a number of
 * pieces it is checked and not kept.
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

  /** Takes a `bitfield`. @throws {PeerWireError} `LATE_BITFIELD`, `BITFIELD_LENGTH`, `BITFIELD_SPARE_BITS` */
  takeBitfield(bits: Uint8Array): void {
    this.#tellOnce();
    if (this.#pieceCount !== undefined) this.have.addAll(Bitfield.decode(bits, this.#pieceCount));
  }

  /** Takes a `haveAll` or `haveNone`. @throws {PeerWireError} `LATE_BITFIELD` */
  takeEvery(hasAll: boolean): void {
    this.#tellOnce();
    if (hasAll) this.have.fill();
  }

  #tellOnce(): void {
    if (this.#isTold) throw new PeerWireError({ code: 'LATE_BITFIELD' });
    this.#isTold = true;
  }
}
