import { closeSync, rmdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileLayout, FileSpan } from '@millrace/metainfo';
import { DownloadError } from '../error.ts';
import type { ContentRoot } from './content-root.ts';
import { readFully, writeFully, type OpenFile } from './file-io.ts';
import { kindOf, ownLength } from './safe-open.ts';
import { storageError } from './storage-error.ts';

/** Names of the files in the folder: the numbers of pieces, as they are commonly written. */
const PIECE_NAME = /^(?:0|[1-9]\d{0,9})$/u;

/**
 * Keeps spare bytes: those of a piece that belong to files which are not wanted. They are in a folder of their own, one
 * file for each piece that has any, so that no neighbour file appears, and yet the piece need not be fetched again.
 *
 * ```text
 * flags   one byte for each file span of the piece: 1 if its bytes are here, else 0
 * bytes   those of the flagged spans, one after the other
 * ```
 *
 * What is read is no better than anything found on disk: it counts when the piece matches its hash.
 */
export class SpareBytes {
  readonly #folder: string;
  readonly #root: ContentRoot;
  readonly #fileLayout: FileLayout;

  constructor(folder: string, root: ContentRoot, fileLayout: FileLayout) {
    this.#folder = folder;
    this.#root = root;
    this.#fileLayout = fileLayout;
  }

  /**
   * Reads the spare bytes of a piece to where they belong in `piece`.
   *
   * @returns The flags of its spans; `undefined` if there is nothing, or less than there should be.
   * @throws {DownloadError}
   */
  read(index: number, piece: Uint8Array): Uint8Array | undefined {
    const path = this.#path(index);
    try {
      if (ownLength(path) === undefined) return undefined;
      const fd = this.#root.open(path, 'read');
      try {
        return readSpares({ fd, path }, this.#fileLayout.spans(index), piece);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Writes the flagged spans of a piece. @throws {DownloadError} */
  write(index: number, piece: Uint8Array, flags: Uint8Array): void {
    const path = this.#path(index);
    try {
      const fd = this.#root.open(path, 'create');
      try {
        writeSpares({ fd, path }, this.#fileLayout.spans(index), piece, flags);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Removes the spare bytes of a piece, if there are any. @throws {DownloadError} */
  remove(index: number): void {
    const path = this.#path(index);
    try {
      if (ownLength(path) !== undefined) this.#root.remove(path);
    } catch (error) {
      throw storageError(error, path);
    }
  }

  #path(index: number): string {
    return join(this.#folder, String(index));
  }
}

/** Returns the pieces with files in a folder of {@link SpareBytes}. @throws {DownloadError} if it is a link, or no folder. */
export async function findSpares(folder: string, pieceCount: number): Promise<ReadonlySet<number>> {
  try {
    const found = kindOf(folder);
    if (found === undefined) return new Set();
    if (found !== 'a folder') throw new DownloadError({ code: 'UNSAFE_TARGET', path: folder, found });
    const names = await readdir(folder);
    const pieces = names.filter((name) => PIECE_NAME.test(name)).map(Number);
    return new Set(pieces.filter((index) => index < pieceCount));
  } catch (error) {
    throw storageError(error, folder);
  }
}

/** Removes a folder of {@link SpareBytes} in which nothing is kept. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // There is none, or it is needed, or it is not ours to remove: any of them is fine.
  }
}

function readSpares(file: OpenFile, spans: readonly FileSpan[], piece: Uint8Array): Uint8Array | undefined {
  const flags = new Uint8Array(spans.length);
  if (!readFully(file, flags, 0)) return undefined;
  let position = flags.length;
  for (const [at, { begin, length }] of spans.entries()) {
    if (flags[at] !== 1) continue;
    if (!readFully(file, piece.subarray(begin, begin + length), position)) return undefined;
    position += length;
  }
  return flags;
}

function writeSpares(file: OpenFile, spans: readonly FileSpan[], piece: Uint8Array, flags: Uint8Array): void {
  writeFully(file, flags, 0);
  let position = flags.length;
  for (const [at, { begin, length }] of spans.entries()) {
    if (flags[at] !== 1) continue;
    writeFully(file, piece.subarray(begin, begin + length), position);
    position += length;
  }
}
