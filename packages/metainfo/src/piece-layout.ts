/** Largest block a peer may be asked for, in bytes. {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3} */
export const BLOCK_LENGTH = 16_384;

/** A block: what one `request` asks for and one `piece` message brings. */
export interface BlockRange {
  /** The piece it belongs to. */
  readonly index: number;
  /** Where it starts, in bytes from the start of its piece. */
  readonly begin: number;
  /** Its size in bytes, at most {@link BLOCK_LENGTH}. */
  readonly length: number;
}

export interface PieceLayoutOptions {
  /** Size of every piece but the last, in bytes. */
  readonly pieceLength: number;
  /** Size of all files together, in bytes. */
  readonly totalLength: number;
}

/**
 * Says where pieces and blocks begin and how long they are. The only place that multiplies by the piece length.
 *
 * @throws {RangeError} from any method, if a piece or block of that index does not exist.
 */
export class PieceLayout {
  readonly pieceCount: number;
  readonly totalLength: number;
  /** Length of the longest piece: a buffer of this size holds any of them. */
  readonly maxPieceLength: number;
  readonly #pieceLength: number;

  /** @throws {RangeError} if `pieceLength` is not a whole number of at least 1, or `totalLength` of at least 0. */
  constructor({ pieceLength, totalLength }: PieceLayoutOptions) {
    requireWhole('pieceLength', pieceLength, 1);
    requireWhole('totalLength', totalLength, 0);
    this.#pieceLength = pieceLength;
    this.totalLength = totalLength;
    this.maxPieceLength = Math.min(pieceLength, totalLength);
    this.pieceCount = Math.ceil(totalLength / pieceLength);
  }

  /** Returns the size of a piece in bytes; only the last may be shorter than the rest. */
  pieceLength(index: number): number {
    this.#requirePiece(index);
    return index === this.pieceCount - 1 ? this.totalLength - index * this.#pieceLength : this.#pieceLength;
  }

  /** Returns where a piece starts, in bytes from the start of the first file. */
  pieceOffset(index: number): number {
    this.#requirePiece(index);
    return index * this.#pieceLength;
  }

  /** Returns the piece that holds the byte at `offset`, in bytes from the start of the first file. */
  pieceAt(offset: number): number {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset >= this.totalLength) {
      throw new RangeError(`Cannot find the piece at offset ${offset}: there are ${this.totalLength} bytes`);
    }
    return Math.floor(offset / this.#pieceLength);
  }

  blockCount(index: number): number {
    return Math.ceil(this.pieceLength(index) / BLOCK_LENGTH);
  }

  /** Returns the size in bytes of the `block`-th block of a piece. */
  blockLength(index: number, block: number): number {
    const remaining = this.pieceLength(index) - block * BLOCK_LENGTH;
    if (!Number.isSafeInteger(block) || block < 0 || remaining <= 0) {
      throw new RangeError(`Cannot use block ${block} of piece ${index}: it has ${this.blockCount(index)}`);
    }
    return Math.min(BLOCK_LENGTH, remaining);
  }

  /** Yields the blocks of a piece in order; together they cover it exactly. */
  *blocks(index: number): Generator<BlockRange, void, void> {
    const end = this.pieceLength(index);
    for (let begin = 0; begin < end; begin += BLOCK_LENGTH) {
      yield { index, begin, length: Math.min(BLOCK_LENGTH, end - begin) };
    }
  }

  #requirePiece(index: number): void {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.pieceCount) {
      throw new RangeError(`Cannot use piece ${index}: there are ${this.pieceCount}`);
    }
  }
}

function requireWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(
      `Cannot lay out pieces with ${name} ${value}: it must be a whole number of at least ${least}`,
    );
  }
}
