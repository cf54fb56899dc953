import { BLOCK_LENGTH } from '@millrace/metainfo';

/**
 * Memory for blocks that two peers send at once, when the piece's own has its writer already. There is so much of it and
 * no more: where it is spent, the second copy of a block is not kept.
 */
export class ScratchBlocks {
  readonly #free: Uint8Array[] = [];
  #leftCount: number;

  /** @param capacity - Blocks there is memory for; it is made when it is needed first. */
  constructor(capacity: number) {
    this.#leftCount = capacity;
  }

  /** Gives memory for one block, `undefined` if none is left. */
  take(): Uint8Array | undefined {
    const memory = this.#free.pop();
    if (memory !== undefined || this.#leftCount === 0) return memory;
    this.#leftCount -= 1;
    return new Uint8Array(BLOCK_LENGTH);
  }

  give(memory: Uint8Array): void {
    this.#free.push(memory);
  }
}
