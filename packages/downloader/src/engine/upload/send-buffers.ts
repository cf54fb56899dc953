import { BLOCK_LENGTH } from '@millrace/metainfo';
import { PIECE_HEADER_LENGTH } from '@millrace/peer-wire';

/** Blocks that are read and sent together at the most: 256 KiB. */
export const MAX_RUN = 16;
const SLOT_LENGTH = PIECE_HEADER_LENGTH + BLOCK_LENGTH;

/**
 * Memory for blocks on their way to one peer: `piece` messages one after the other as they are written, header and block.
 * So a run of blocks is read from the disk with one call, and written to the socket with one.
 */
export class SendBuffer {
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(MAX_RUN * SLOT_LENGTH);
  /** Where blocks of usual length go, made once. */
  readonly slots: readonly Uint8Array[] = Array.from({ length: MAX_RUN }, (_, at) =>
    this.bytes.subarray(at * SLOT_LENGTH + PIECE_HEADER_LENGTH, (at + 1) * SLOT_LENGTH),
  );
}

/** A pool of send buffers. A buffer is free or with one taker, never both; there are never more than fit the budget. */
export class SendBuffers {
  readonly #max: number;
  readonly #free: SendBuffer[] = [];
  readonly #waiting = new Set<() => void>();
  #count = 0;

  /** @param memoryBytes - The budget; one buffer is always allowed. */
  constructor(memoryBytes: number) {
    this.#max = Math.max(1, Math.floor(memoryBytes / (MAX_RUN * SLOT_LENGTH)));
  }

  /** Buffers that exist, free or not. */
  get count(): number {
    return this.#count;
  }

  /** Takes a buffer, if there is one. If not, `onRoom` is called once when there may be. */
  take(onRoom: () => void): SendBuffer | undefined {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#count < this.#max) {
      this.#count += 1;
      return new SendBuffer();
    }
    this.#waiting.add(onRoom);
    return undefined;
  }

  /** Gives a buffer back, and lets the one who waits longest have it. */
  give(buffer: SendBuffer): void {
    this.#free.push(buffer);
    for (const onRoom of this.#waiting) {
      this.#waiting.delete(onRoom);
      onRoom();
      if (this.#free.length === 0) return;
    }
  }

  /** Someone waits no longer. */
  leave(onRoom: () => void): void {
    this.#waiting.delete(onRoom);
  }
}
