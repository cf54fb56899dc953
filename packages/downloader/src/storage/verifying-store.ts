import { sha1, type PieceLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import type { ExamineOptions, PieceStore } from './piece-store.ts';
import type { Storage } from './storage.ts';

/** Bytes in a piece's hash. */
const HASH_LENGTH = 20;

/** Tells whether a piece's bytes match its hash, in a list of 20-byte hashes. */
export function matchesHash(index: number, bytes: Uint8Array, pieceHashes: Uint8Array): boolean {
  const hash = sha1(bytes);
  const at = index * HASH_LENGTH;
  return hash.every((byte, offset) => byte === pieceHashes[at + offset]);
}

/** Puts hashing before any {@link Storage}, on the calling thread: no file system and no workers are needed. */
export function verifyingStore(storage: Storage, layout: PieceLayout, pieceHashes: Uint8Array): PieceStore {
  return new VerifyingStore(storage, layout, pieceHashes);
}

class VerifyingStore implements PieceStore {
  readonly #storage: Storage;
  readonly #layout: PieceLayout;
  readonly #pieceHashes: Uint8Array;

  constructor(storage: Storage, layout: PieceLayout, pieceHashes: Uint8Array) {
    this.#storage = storage;
    this.#layout = layout;
    this.#pieceHashes = pieceHashes;
  }

  allocate(length: number): Uint8Array {
    return new Uint8Array(length);
  }

  async examine({ onProgress, signal }: ExamineOptions = {}): Promise<Bitfield> {
    const have = new Bitfield(this.#layout.pieceCount);
    const buffer = new Uint8Array(this.#layout.maxPieceLength);
    let checkedLength = 0;
    for (let index = 0; index < this.#layout.pieceCount; index += 1) {
      signal?.throwIfAborted();
      const piece = buffer.subarray(0, this.#layout.pieceLength(index));
      if ((await this.#storage.readPiece(index, piece)) && matchesHash(index, piece, this.#pieceHashes))
        have.add(index);
      checkedLength += piece.length;
      onProgress?.(checkedLength);
    }
    return have;
  }

  async commit(index: number, bytes: Uint8Array): Promise<boolean> {
    if (!matchesHash(index, bytes, this.#pieceHashes)) return false;
    await this.#storage.writePiece(index, bytes);
    return true;
  }

  finish(): Promise<void> {
    return this.#storage.flush();
  }

  close(): Promise<void> {
    return this.#storage.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
