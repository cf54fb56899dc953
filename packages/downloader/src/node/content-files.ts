import { closeSync, fstatSync, readSync, renameSync, truncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FileLayout } from '@millrace/metainfo';
import { DownloadError } from '../error.ts';
import { makeFolders, makeOwnFolder, openOwn, ownLength } from './safe-open.ts';
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
}

export interface ContentFilesOptions {
  /** The content's own file or folder: no folder at or below it may be a link. */
  readonly root: string;
  readonly files: readonly ContentFile[];
  readonly fileLayout: FileLayout;
  /**
   * The length that each part file must have by now, at least: one that is shorter, or gone, was changed by someone else.
   * On shared memory where several write.
   */
  readonly partLengths: Float64Array;
  /** Files kept open, of which each worker has so many. @defaultValue 16 */
  readonly maxOpen?: number;
}

interface OpenFile {
  readonly fd: number;
  readonly path: string;
}

/** What the system says when a process has as many files open as it may. */
const TOO_MANY_OPEN: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

/**
 * Reads and writes pieces in a torrent's files, synchronously: for a worker thread. A file is at its part path until
 * {@link finishFile} gives it its final name. Nothing is made before it is written to.
 */
export class ContentFiles {
  readonly #options: ContentFilesOptions;
  readonly #maxOpen: number;
  /** Open files by index, the one used last at the end. */
  readonly #open = new Map<number, OpenFile>();
  readonly #folders = new Set<string>();

  constructor(options: ContentFilesOptions) {
    this.#options = options;
    this.#maxOpen = options.maxOpen ?? 16;
  }

  /**
   * Reads a piece into `target`.
   *
   * @returns Whether every byte was there.
   * @throws {DownloadError}
   */
  readPiece(index: number, target: Uint8Array): boolean {
    for (const { fileIndex, fileOffset, begin, length } of this.#options.fileLayout.spans(index)) {
      if (this.#file(fileIndex).isPadding) {
        target.fill(0, begin, begin + length);
        continue;
      }
      const file = this.#openFile(fileIndex, false);
      if (file === undefined || !readFully(file, target.subarray(begin, begin + length), fileOffset))
        return false;
    }
    return true;
  }

  /** Writes a piece, making files and folders as needed. @throws {DownloadError} */
  writePiece(index: number, bytes: Uint8Array): void {
    for (const { fileIndex, fileOffset, begin, length } of this.#options.fileLayout.spans(index)) {
      if (this.#file(fileIndex).isPadding) continue;
      const file = this.#openFile(fileIndex, true);
      if (file === undefined) continue;
      // First what it must have, then what it has: another thread may be adding to it.
      const expected = this.#options.partLengths[fileIndex] ?? 0;
      const { size, nlink } = fstatSync(file.fd);
      refuseCut(file.path, nlink === 0 ? 0 : size, expected);
      writeFully(file, bytes, begin, length, fileOffset);
      this.#grew(fileIndex, fileOffset + length);
    }
  }

  /** Gives a file that is whole its final name; an empty one is made. @throws {DownloadError} */
  finishFile(fileIndex: number): void {
    const { path, partPath, length } = this.#file(fileIndex);
    this.#closeFile(fileIndex);
    try {
      const found = ownLength(path);
      if (found === 0 && length === 0) return;
      if (found !== undefined) throw cameToBe(path, found);
      if (length === 0) {
        this.#makeFolder(path);
        closeSync(openOwn(partPath, true));
      }
      refuseCut(path, ownLength(partPath) ?? length, this.#options.partLengths[fileIndex] ?? 0);
      renameSync(partPath, path);
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Goes on with a file that has its final name but is not whole: its data is a part again, cut to its length. @throws {DownloadError} */
  reopenFile(fileIndex: number): void {
    const { path, partPath, length } = this.#file(fileIndex);
    this.#closeFile(fileIndex);
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
    for (const fileIndex of this.#open.keys()) this.#closeFile(fileIndex);
  }

  #file(fileIndex: number): ContentFile {
    const file = this.#options.files[fileIndex];
    if (file === undefined) throw new RangeError(`Cannot use file ${fileIndex}: there is none`);
    return file;
  }

  #openFile(fileIndex: number, create: boolean): OpenFile | undefined {
    const known = this.#open.get(fileIndex);
    if (known !== undefined) {
      this.#open.delete(fileIndex);
      this.#open.set(fileIndex, known);
      return known;
    }
    const { path, partPath } = this.#file(fileIndex);
    try {
      const found = ownLength(path);
      if (found !== undefined && create) throw cameToBe(path, found);
      if (found === undefined && !create && ownLength(partPath) === undefined) return undefined;
      // What was begun is not made again: what had been written to it would be missing.
      const isNew = create && this.#options.partLengths[fileIndex] === 0;
      if (isNew) this.#makeFolder(partPath);
      const opened = { fd: this.#openRoomy(found === undefined ? partPath : path, isNew), path };
      this.#remember(fileIndex, opened);
      return opened;
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Opens a file; closes others first where the process has too many open. */
  #openRoomy(path: string, create: boolean): number {
    for (;;) {
      try {
        return openOwn(path, create);
      } catch (error) {
        const [oldest] = this.#open.keys();
        const isFull = error instanceof Error && 'code' in error && TOO_MANY_OPEN.has(error.code);
        if (!isFull || oldest === undefined) throw error;
        this.#closeFile(oldest);
      }
    }
  }

  #grew(fileIndex: number, length: number): void {
    const { partLengths } = this.#options;
    partLengths[fileIndex] = Math.max(partLengths[fileIndex] ?? 0, length);
  }

  #remember(fileIndex: number, file: OpenFile): void {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= this.#maxOpen && oldest !== undefined) this.#closeFile(oldest);
    this.#open.set(fileIndex, file);
  }

  #closeFile(fileIndex: number): void {
    const file = this.#open.get(fileIndex);
    if (file === undefined) return;
    this.#open.delete(fileIndex);
    closeSync(file.fd);
  }

  #makeFolder(path: string): void {
    const { root } = this.#options;
    const folder = dirname(path);
    // What lies above the content is the user's own: links there are fine.
    if (!this.#folders.has(dirname(root))) makeOwnFolder(dirname(root));
    this.#folders.add(dirname(root));
    if (folder !== dirname(root)) makeFolders(root, folder, this.#folders);
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

function readFully({ fd, path }: OpenFile, target: Uint8Array, position: number): boolean {
  for (let done = 0; done < target.length;) {
    let count: number;
    try {
      count = readSync(fd, target, done, target.length - done, position + done);
    } catch (error) {
      throw storageError(error, path);
    }
    if (count === 0) return false;
    done += count;
  }
  return true;
}

function writeFully(
  { fd, path }: OpenFile,
  bytes: Uint8Array,
  begin: number,
  length: number,
  position: number,
): void {
  for (let done = 0; done < length;) {
    try {
      const count = writeSync(fd, bytes, begin + done, length - done, position + done);
      if (count === 0) throw new DownloadError({ code: 'NO_SPACE', path });
      done += count;
    } catch (error) {
      throw storageError(error, path);
    }
  }
}
