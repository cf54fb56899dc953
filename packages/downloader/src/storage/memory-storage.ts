import type { Storage } from './storage.ts';

/** Keeps pieces in memory. */
export class MemoryStorage implements Storage {
  readonly #pieces = new Map<number, Uint8Array<ArrayBuffer>>();

  /** Returns a piece that was written: the storage's own bytes. */
  piece(index: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#pieces.get(index);
  }

  /** Gives a piece up. */
  forget(index: number): void {
    this.#pieces.delete(index);
  }

  readPiece(index: number, target: Uint8Array): boolean {
    const piece = this.#pieces.get(index);
    if (piece?.length !== target.length) return false;
    target.set(piece);
    return true;
  }

  readBlock(index: number, begin: number, target: Uint8Array): boolean {
    const block = this.#pieces.get(index)?.subarray(begin, begin + target.length);
    if (block?.length !== target.length) return false;
    target.set(block);
    return true;
  }

  async writePiece(index: number, bytes: Uint8Array): Promise<void> {
    this.#pieces.set(index, new Uint8Array(bytes));
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
