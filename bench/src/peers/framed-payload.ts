import { openSync, readSync } from 'node:fs';
import { BLOCK_LENGTH, PieceLayout } from '@millrace/metainfo';
import { encodePieceHeader } from '@millrace/peer-wire';

const HEADER_LENGTH = 13;

/** A payload as it goes over the wire: each block behind its header, so that blocks in a row are sent as one view. */
export class FramedPayload {
  readonly layout: PieceLayout;
  readonly #frames: Uint8Array;
  readonly #blocksPerPiece: number;

  /** Reads the file at `path`. @throws {RangeError} if pieces are not made of whole blocks. */
  constructor(path: string, size: number, pieceLength: number) {
    if (pieceLength % BLOCK_LENGTH !== 0) {
      throw new RangeError(`Cannot frame pieces of ${pieceLength} bytes: they must be made of whole blocks`);
    }
    this.layout = new PieceLayout({ pieceLength, totalLength: size });
    this.#blocksPerPiece = pieceLength / BLOCK_LENGTH;
    this.#frames = new Uint8Array(size + Math.ceil(size / BLOCK_LENGTH) * HEADER_LENGTH);
    const file = openSync(path, 'r');
    let offset = 0;
    for (let index = 0; index < this.layout.pieceCount; index += 1) {
      for (const { begin, length } of this.layout.blocks(index)) {
        this.#frames.set(encodePieceHeader(index, begin, length), offset);
        readSync(file, this.#frames, offset + HEADER_LENGTH, length, this.layout.pieceOffset(index) + begin);
        offset += HEADER_LENGTH + length;
      }
    }
  }

  /** Returns where the message with a block starts among all of them. Only the last block may be shorter than the rest. */
  offsetOf(index: number, begin: number): number {
    const block = index * this.#blocksPerPiece + begin / BLOCK_LENGTH;
    return block * (HEADER_LENGTH + BLOCK_LENGTH);
  }

  /** Returns messages, one after the other: a view. */
  view(start: number, end: number): Uint8Array {
    return this.#frames.subarray(start, end);
  }

  /** Returns the length of the message with a block of `length` bytes. */
  frameLength(length: number): number {
    return HEADER_LENGTH + length;
  }
}
