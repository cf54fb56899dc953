import { FileLayout, type PieceLayout } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import { DownloadError } from '../error.ts';
import type { ExamineOptions, PieceStore } from '../storage/piece-store.ts';
import type { ContentFile } from './content-files.ts';
import { findFiles, type FoundFile } from './found-files.ts';
import { PieceWorkers } from './piece-workers.ts';

export interface FileStoreOptions {
  /** The content's own file or folder. */
  readonly root: string;
  readonly files: readonly ContentFile[];
  readonly pieceLength: number;
  readonly layout: PieceLayout;
  readonly pieceHashes: Uint8Array;
  /** Takes files over that are not part of this download. */
  readonly overwrite: boolean;
  readonly onFileCompleted: (fileIndex: number, path: string) => void;
}

/**
 * Keeps pieces in files, hashed and written by worker threads. A file has its final name if and only if every piece of
 * it is there; until then its data is in its part file.
 */
export class FileStore implements PieceStore {
  readonly #options: FileStoreOptions;
  readonly #fileLayout: FileLayout;
  readonly #workers: PieceWorkers;
  /** Pieces missing of each file. */
  readonly #left: Uint32Array;
  /** What the workers know of each part file's length. */
  readonly #partLengths: Float64Array;

  constructor(options: FileStoreOptions) {
    const { root, files, pieceLength, layout, pieceHashes } = options;
    this.#options = options;
    this.#fileLayout = new FileLayout(
      layout,
      files.map((file) => file.length),
    );
    this.#left = new Uint32Array(files.length);
    this.#partLengths = new Float64Array(new SharedArrayBuffer(8 * files.length));
    this.#workers = new PieceWorkers({
      root,
      files,
      pieceLength,
      totalLength: layout.totalLength,
      pieceHashes: shared(pieceHashes),
      partLengths: this.#partLengths,
    });
  }

  allocate(length: number): Uint8Array {
    return this.#workers.allocate(length);
  }

  async examine({ onProgress, signal }: ExamineOptions = {}): Promise<Bitfield> {
    const { files, layout } = this.#options;
    const found = await findFiles(files, signal);
    const have = new Bitfield(layout.pieceCount);
    let checkedLength = 0;
    const candidates = this.#candidates(found);
    const check = async (): Promise<void> => {
      for (const index of candidates) {
        signal?.throwIfAborted();
        if (await this.#workers.run({ type: 'check', index })) have.add(index);
        checkedLength += layout.pieceLength(index);
        onProgress?.(checkedLength);
      }
    };
    await Promise.all(Array.from({ length: this.#workers.capacity }, check));
    await this.#settleFiles(found, have);
    return have;
  }

  async commit(index: number, bytes: Uint8Array): Promise<boolean> {
    if (!(await this.#workers.commit(index, bytes))) return false;
    for (const { fileIndex } of this.#fileLayout.spans(index)) {
      const left = (this.#left[fileIndex] ?? 0) - 1;
      this.#left[fileIndex] = left;
      if (left === 0) await this.#finishFile(fileIndex);
    }
    return true;
  }

  async finish(): Promise<void> {
    for (const [fileIndex, { length, isPadding }] of this.#options.files.entries()) {
      if (length === 0 && !isPadding) await this.#workers.run({ type: 'finishFile', fileIndex });
    }
  }

  close(): Promise<void> {
    return this.#workers.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Yields the pieces whose every byte exists. Shared by all who check: each takes the next. */
  *#candidates(found: readonly FoundFile[]): Generator<number, void, void> {
    if (found.every(({ type }) => type === 'nothing')) return;
    for (let index = 0; index < this.#options.layout.pieceCount; index += 1) {
      const isThere = this.#fileLayout.spans(index).every(({ fileIndex, fileOffset, length }) => {
        const file = found[fileIndex];
        if (this.#options.files[fileIndex]?.isPadding) return true;
        return file !== undefined && file.type !== 'nothing' && file.length >= fileOffset + length;
      });
      if (isThere) yield index;
    }
  }

  /** Gives each file the name that fits what it holds, or refuses one that is not ours. */
  async #settleFiles(found: readonly FoundFile[], have: Bitfield): Promise<void> {
    for (const [fileIndex, file] of found.entries()) {
      const left = this.#countLeft(fileIndex, have);
      this.#left[fileIndex] = left.missing;
      if (file.type === 'part') this.#partLengths[fileIndex] = file.length;
      if (file.type === 'part' && left.missing === 0) await this.#finishFile(fileIndex);
      if (file.type !== 'final') continue;
      const { length, path } = this.#options.files[fileIndex] ?? { length: 0, path: '' };
      if (file.length === length && left.missing === 0) continue;
      const isOurs =
        !file.hasPart &&
        file.length <= length &&
        (file.length === 0 || left.there > 0 || (file.length === length && have.count > 0));
      if (!isOurs && !this.#options.overwrite) {
        throw new DownloadError({
          code: 'EXISTS',
          path,
          found: `there is a file of ${file.length} bytes that is not part of this download`,
        });
      }
      await this.#workers.run({ type: 'reopenFile', fileIndex });
      // Overwriting a file that is only too long may have made it whole.
      if (left.missing === 0) await this.#finishFile(fileIndex);
    }
  }

  #countLeft(fileIndex: number, have: Bitfield): { readonly there: number; readonly missing: number } {
    const range = this.#fileLayout.pieceRange(fileIndex);
    if (range === undefined) return { there: 0, missing: 0 };
    let there = 0;
    for (let index = range.first; index <= range.last; index += 1) if (have.has(index)) there += 1;
    return { there, missing: range.last - range.first + 1 - there };
  }

  async #finishFile(fileIndex: number): Promise<void> {
    const file = this.#options.files[fileIndex];
    if (file === undefined || file.isPadding) return;
    await this.#workers.run({ type: 'finishFile', fileIndex });
    this.#options.onFileCompleted(fileIndex, file.path);
  }
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
