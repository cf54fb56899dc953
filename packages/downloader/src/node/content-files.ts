import { closeSync, fstatSync, renameSync, truncateSync } from 'node:fs';
import type { FileLayout, FileSpan } from '@millrace/metainfo';
import { DownloadError } from '../error.ts';
import type { ContentRoot } from './content-root.ts';
import { readFully, writeFully, type OpenFile } from './file-io.ts';
import { ownLength } from './safe-open.ts';
import { storageError } from './storage-error.ts';

/** A file of a torrent, on disk. */
export interface ContentFile {
  /** Where it is when whole: an absolute path. */
  readonly path: string;
  /** Where its data is until then. */
  readonly partPath: string;
  /** In bytes. */
  readonly length: number;
  /** Whether it only fills up a piece: it reads as zeros and is never written. */
  readonly isPadding: boolean;
  /** Whether it is downloaded. If not, it is never made, changed or renamed; what is there of it is read. */
  readonly isWanted: boolean;
}

export interface ContentFilesOptions {
  readonly root: ContentRoot;
  readonly files: readonly ContentFile[];
  readonly fileLayout: FileLayout;
  /**
   * The length that each part file must have by now, at least: one that is shorter, or gone, was changed by someone else.
   * On shared memory where several write.
   */
  readonly partLengths: Float64Array;
}

/**
 * Reads and writes pieces in a torrent's files, synchronously. A file is at its part path until {@link finishFile} gives
 * it its final name. Nothing is made before it is written to.
 */
export class ContentFiles {
  readonly #options: ContentFilesOptions;

  constructor(options: ContentFilesOptions) {
    this.#options = options;
  }

  /**
   * Reads a piece into `target`.
   *
   * @returns Whether every byte was there.
   * @throws {DownloadError}
   */
  readPiece(index: number, target: Uint8Array): boolean {
    return this.#options.fileLayout
      .spans(index)
      .every((span) => this.readSpan(span, target.subarray(span.begin, span.begin + span.length)));
  }

  /** Reads the bytes of one file in a piece into `target`, which is as long. See {@link readPiece}. */
  readSpan({ fileIndex, fileOffset }: FileSpan, target: Uint8Array): boolean {
    const { isPadding, isWanted } = this.#file(fileIndex);
    if (isPadding) {
      target.fill(0);
      return true;
    }
    try {
      const file = this.#openFile(fileIndex, false);
      return file !== undefined && readFully(file, target, fileOffset);
    } catch (error) {
      // Why a file cannot be read that we have no business with is not our concern.
      if (isWanted) throw error;
      return false;
    }
  }

  /** Writes what belongs to wanted files of a piece, making files and folders as needed. @throws {DownloadError} */
  writePiece(index: number, bytes: Uint8Array): void {
    for (const span of this.#options.fileLayout.spans(index)) {
      const { isPadding, isWanted } = this.#file(span.fileIndex);
      if (isWanted && !isPadding) this.writeSpan(span, bytes.subarray(span.begin, span.begin + span.length));
    }
  }

  /** Writes the bytes of one file in a piece. @throws {DownloadError} */
  writeSpan({ fileIndex, fileOffset, length }: FileSpan, bytes: Uint8Array): void {
    const file = this.#openFile(fileIndex, true);
    if (file === undefined) return;
    // First what it must have, then what it has: another thread may be adding to it.
    const expected = this.#options.partLengths[fileIndex] ?? 0;
    const { size, nlink } = fstatSync(file.fd);
    refuseCut(file.path, nlink === 0 ? 0 : size, expected);
    writeFully(file, bytes, fileOffset);
    this.#grew(fileIndex, fileOffset + length);
  }

  /** Whether there is a file with the final name, whole or not. @throws {DownloadError} */
  hasFinal(fileIndex: number): boolean {
    const { path } = this.#file(fileIndex);
    try {
      return ownLength(path) !== undefined;
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Gives a file that is whole its final name; an empty one is made. @throws {DownloadError} */
  finishFile(fileIndex: number): void {
    const { root, partLengths } = this.#options;
    const { path, partPath, length } = this.#file(fileIndex);
    root.release(fileIndex);
    try {
      const found = ownLength(path);
      if (found === 0 && length === 0) return;
      if (found !== undefined) throw cameToBe(path, found);
      if (length === 0) {
        root.makeFolderOf(path);
        closeSync(root.open(partPath, 'create'));
      }
      refuseCut(path, ownLength(partPath) ?? length, partLengths[fileIndex] ?? 0);
      renameSync(partPath, path);
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Goes on with a file that has its final name but is not whole: its data is a part again, cut to its length. @throws {DownloadError} */
  reopenFile(fileIndex: number): void {
    const { path, partPath, length } = this.#file(fileIndex);
    this.#options.root.release(fileIndex);
    try {
      renameSync(path, partPath);
      const found = ownLength(partPath) ?? 0;
      if (found > length) truncateSync(partPath, length);
      this.#grew(fileIndex, Math.min(found, length));
    } catch (error) {
      throw storageError(error, path);
    }
  }

  close(): void {
    this.#options.root.close();
  }

  #file(fileIndex: number): ContentFile {
    const file = this.#options.files[fileIndex];
    if (file === undefined) throw new RangeError(`Cannot use file ${fileIndex}: there is none`);
    return file;
  }

  #openFile(fileIndex: number, isForWriting: boolean): OpenFile | undefined {
    const { root, partLengths } = this.#options;
    const known = root.kept(fileIndex);
    if (known !== undefined) return known;
    const { path, partPath, isWanted } = this.#file(fileIndex);
    try {
      const found = ownLength(path);
      if (found !== undefined && isForWriting) throw cameToBe(path, found);
      if (found === undefined && !isForWriting && ownLength(partPath) === undefined) return undefined;
      // What was begun is not made again: what had been written to it would be missing.
      const isNew = isForWriting && partLengths[fileIndex] === 0;
      if (isNew) root.makeFolderOf(partPath);
      const mode = isNew ? 'create' : isWanted ? 'write' : 'read';
      const opened = { fd: root.open(found === undefined ? partPath : path, mode), path };
      root.keep(fileIndex, opened);
      return opened;
    } catch (error) {
      throw storageError(error, path);
    }
  }

  #grew(fileIndex: number, length: number): void {
    const { partLengths } = this.#options;
    partLengths[fileIndex] = Math.max(partLengths[fileIndex] ?? 0, length);
  }
}

/** Refuses a part file that was cut or deleted by someone else: what had been written to it would be missing. */
function refuseCut(path: string, length: number, expected: number): void {
  if (length >= expected) return;
  const found = 'gone, or shorter than what was written to it';
  throw new DownloadError({ code: 'UNSAFE_TARGET', path, found });
}

/** A file that was not there when the download began. */
function cameToBe(path: string, length: number): DownloadError {
  const found = `there is a file of ${length} bytes now that is not part of this download`;
  return new DownloadError({ code: 'EXISTS', path, found });
}
