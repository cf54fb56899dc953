import type { PieceLayout } from './piece-layout.ts';
import { createSha1, type Sha1, sha1 } from './sha1.ts';

/** Hashes pieces out of a stream of bytes, holding none of them back. */
export class PieceHasher {
  /** 20 bytes for each piece done so far, then zeros. */
  readonly hashes: Uint8Array<ArrayBuffer>;
  readonly #layout: PieceLayout;
  #index = 0;
  /** Bytes still to come of the piece under way. */
  #remaining: number;
  #sha1: Sha1 | undefined;

  constructor(layout: PieceLayout) {
    this.hashes = new Uint8Array(layout.pieceCount * 20);
    this.#layout = layout;
    this.#remaining = layout.pieceLength(0);
  }

  /** Takes the bytes that follow those before; they must not exceed the pieces. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      const part = chunk.subarray(offset, offset + this.#remaining);
      offset += part.length;
      this.#remaining -= part.length;
      if (this.#remaining > 0) {
        this.#sha1 ??= createSha1();
        this.#sha1.update(part);
      } else {
        this.#finishPiece(part);
      }
    }
  }

  #finishPiece(part: Uint8Array): void {
    this.#sha1?.update(part);
    this.hashes.set(this.#sha1?.digest() ?? sha1(part), this.#index * 20);
    this.#sha1 = undefined;
    this.#index += 1;
    this.#remaining = this.#index < this.#layout.pieceCount ? this.#layout.pieceLength(this.#index) : 0;
  }
}
