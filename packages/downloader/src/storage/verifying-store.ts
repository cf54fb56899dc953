import { sha1, type PieceLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import type { Committed, ExamineOptions, PieceStore } from './piece-store.ts';
import type { Storage } from './storage.ts';

/** Bytes in a piece's hash. */
const HASH_LENGTH = 20;

/** Returns the hash that a piece must have, of a list of 20-byte hashes: a view. */
export function hashOf(index: number, pieceHashes: Uint8Array): Uint8Array {
  return pieceHashes.subarray(index * HASH_LENGTH, (index + 1) * HASH_LENGTH);
}

/** Tells whether bytes have a hash. */
export function matchesHash(bytes: Uint8Array, hash: Uint8Array): boolean {
  const found = sha1(bytes);
  for (let at = 0; at < HASH_LENGTH; at += 1) if (found[at] !== hash[at]) return false;
  return hash.length === HASH_LENGTH;
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
      const length = this.#layout.pieceLength(index);
      const piece = length === buffer.length ? buffer : buffer.subarray(0, length);
      const answer = this.#storage.readPiece(index, piece);
      // A promise for each of a million pieces that are not there would take more memory than the download.
      const isThere = typeof answer === 'boolean' ? answer : await answer;
      if (isThere && matchesHash(piece, hashOf(index, this.#pieceHashes))) have.add(index);
      checkedLength += piece.length;
      onProgress?.(checkedLength);
    }
    return have;
  }

  async commit(index: number, bytes: Uint8Array): Promise<Committed> {
    if (!matchesHash(bytes, hashOf(index, this.#pieceHashes))) return { isRight: false };
    await this.#storage.writePiece(index, bytes);
    return { isRight: true };
  }

  read(index: number, begin: number, targets: readonly Uint8Array[]): boolean | Promise<boolean> {
    const storage = this.#storage;
    let at = begin;
    for (const [number, target] of targets.entries()) {
      const answer = storage.readBlock?.(index, at, target);
      if (typeof answer !== 'boolean') return this.#readRest(index, at, targets.slice(number), answer);
      if (!answer) return false;
      at += target.length;
    }
    return true;
  }

  /** Reads on where the storage takes its time, or has whole pieces only. */
  async #readRest(
    index: number,
    begin: number,
    targets: readonly Uint8Array[],
    first: Promise<boolean> | undefined,
  ): Promise<boolean> {
    let at = begin;
    if (first === undefined) {
      const piece = new Uint8Array(this.#layout.pieceLength(index));
      if (!(await this.#storage.readPiece(index, piece))) return false;
      for (const target of targets) {
        target.set(piece.subarray(at, at + target.length));
        at += target.length;
      }
      return true;
    }
    let answer: Promise<boolean> | boolean | undefined = first;
    for (const target of targets) {
      if (at > begin) answer = this.#storage.readBlock?.(index, at, target);
      if (!(await answer)) return false;
      at += target.length;
    }
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
