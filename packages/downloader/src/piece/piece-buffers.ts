import { BLOCK_LENGTH } from '@millrace/metainfo';

/** Memory for one piece, cut into blocks once so that a block costs no new view. */
export interface PieceBuffer {
  readonly bytes: Uint8Array;
  /** Views of {@link BLOCK_LENGTH} bytes each; the last may be shorter. */
  readonly blocks: readonly Uint8Array[];
}

export interface PieceBuffersOptions {
  /** Length of one buffer in bytes: the longest piece. */
  readonly bufferLength: number;
  /** Budget for all of them in bytes. One piece is always allowed, however long. */
  readonly memoryBytes: number;
  /** Makes the memory. */
  readonly allocate: (length: number) => Uint8Array;
}

/**
 * The memory for pieces on their way. A piece is promised room when its first block is requested, and gets memory when
 * its first block arrives: never more buffers than promises, never more promises than the budget holds.
 *
 * Once all of it is promised, what comes back is gathered: given out piece by piece, it would be asked for piece by piece, of
 * as many peers, with a packet for each.
 */
export class PieceBuffers {
  readonly #options: PieceBuffersOptions;
  readonly #free: PieceBuffer[] = [];
  readonly capacity: number;
  #promisedCount = 0;
  #isSpent = false;

  constructor(options: PieceBuffersOptions) {
    this.#options = options;
    this.capacity = Math.max(1, Math.floor(options.memoryBytes / options.bufferLength));
  }

  get promisedCount(): number {
    return this.#promisedCount;
  }

  /** Whether no room is promised: all of it was, and less than half is back. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Promises room for one piece. @throws {RangeError} if it {@link isSpent}. */
  reserve(): void {
    if (this.#isSpent) throw new RangeError('Cannot promise memory: it is spent');
    this.#promisedCount += 1;
    this.#isSpent = this.#promisedCount === this.capacity;
  }

  /** Gives memory for a piece that has been promised room; its content is whatever was in it last. */
  take(): PieceBuffer {
    return this.#free.pop() ?? cutIntoBlocks(this.#options.allocate(this.#options.bufferLength));
  }

  /** Ends a promise, and takes its memory back if it had any. */
  release(buffer: PieceBuffer | undefined): void {
    this.#promisedCount -= 1;
    if (this.#promisedCount <= this.capacity / 2) this.#isSpent = false;
    if (buffer !== undefined) this.#free.push(buffer);
  }

  /** Gathers no longer: room is promised while there is any. */
  giveOut(): void {
    this.#isSpent = this.#promisedCount === this.capacity;
  }
}

/** Makes a piece's memory of plain memory. */
export function cutIntoBlocks(bytes: Uint8Array): PieceBuffer {
  const blocks: Uint8Array[] = [];
  for (let begin = 0; begin < bytes.length; begin += BLOCK_LENGTH) {
    blocks.push(bytes.subarray(begin, begin + BLOCK_LENGTH));
  }
  return { bytes, blocks };
}
