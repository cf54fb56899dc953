import type { PieceLayout } from './piece-layout.ts';

/** The part of a file that lies in one piece. */
export interface FileSpan {
  readonly fileIndex: number;
  /** Where the span starts, in bytes from the start of the file. */
  readonly fileOffset: number;
  /** Where the span starts, in bytes from the start of the piece. */
  readonly begin: number;
  /** Size of the span in bytes; never 0. */
  readonly length: number;
}

/** The pieces that hold bytes of one file, both ends included. */
export interface PieceRange {
  readonly first: number;
  readonly last: number;
}

/** Says which parts of which files a piece is made of, and back. A lookup takes O(log files). */
export class FileLayout {
  readonly fileCount: number;
  readonly #layout: PieceLayout;
  /** Where each file starts; one more entry for the end of the last. */
  readonly #offsets: Float64Array;
  /** The files that are not empty, in order: however many empty ones lie between, they cost nothing. */
  readonly #filled: Uint32Array;

  /** @throws {RangeError} if `lengths` are not whole numbers of bytes that add up to `layout.totalLength`. */
  constructor(layout: PieceLayout, lengths: readonly number[]) {
    const offsets = new Float64Array(lengths.length + 1);
    const filled = new Uint32Array(lengths.length);
    let filledCount = 0;
    let offset = 0;
    for (let index = 0; index < lengths.length; index += 1) {
      const length = lengths[index] ?? -1;
      if (!Number.isSafeInteger(length) || length < 0) {
        throw new RangeError(
          `Cannot lay out file ${index} of length ${length}: it must be a whole number of at least 0`,
        );
      }
      if (length > 0) {
        filled[filledCount] = index;
        filledCount += 1;
      }
      offset += length;
      offsets[index + 1] = offset;
    }
    if (offset !== layout.totalLength) {
      throw new RangeError(`Cannot lay out files of ${offset} bytes: the pieces hold ${layout.totalLength}`);
    }
    this.fileCount = lengths.length;
    this.#layout = layout;
    this.#offsets = offsets;
    this.#filled = filled.subarray(0, filledCount);
  }

  /**
   * Returns the file spans of a piece in order: together they cover it exactly. Empty files have none.
   *
   * @throws {RangeError} if there is no such piece.
   */
  spans(pieceIndex: number): readonly FileSpan[] {
    const pieceOffset = this.#layout.pieceOffset(pieceIndex);
    const pieceLength = this.#layout.pieceLength(pieceIndex);
    const spans: FileSpan[] = [];
    let begin = 0;
    for (let slot = this.#slotAt(pieceOffset); begin < pieceLength; slot += 1) {
      const fileIndex = this.#filled[slot] ?? 0;
      const fileOffset = pieceOffset + begin - this.#start(fileIndex);
      const length = Math.min(
        this.#start(fileIndex + 1) - this.#start(fileIndex) - fileOffset,
        pieceLength - begin,
      );
      spans.push({ fileIndex, fileOffset, begin, length });
      begin += length;
    }
    return spans;
  }

  /**
   * Returns the pieces that hold bytes of a file, or `undefined` if it is empty.
   *
   * @throws {RangeError} if there is no such file.
   */
  pieceRange(fileIndex: number): PieceRange | undefined {
    if (!Number.isSafeInteger(fileIndex) || fileIndex < 0 || fileIndex >= this.fileCount) {
      throw new RangeError(`Cannot use file ${fileIndex}: there are ${this.fileCount}`);
    }
    const start = this.#start(fileIndex);
    const end = this.#start(fileIndex + 1);
    if (start === end) return undefined;
    return { first: this.#layout.pieceAt(start), last: this.#layout.pieceAt(end - 1) };
  }

  #start(fileIndex: number): number {
    return this.#offsets[fileIndex] ?? 0;
  }

  /** Finds the last non-empty file that starts at or before `offset`. */
  #slotAt(offset: number): number {
    let low = 0;
    let high = this.#filled.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#start(this.#filled[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
