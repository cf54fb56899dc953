import { closeSync, fstatSync, ftruncateSync } from 'node:fs';
import type { FileLayout, FileSpan } from '@millrace/metainfo';
import { DownloadError } from '../error.ts';
import { changedFile, refuseCut } from './changed-file.ts';
import type { ContentRoot } from './content-root.ts';
import { readFully, type OpenFile } from './file-io.ts';
import { stampOf, type FileStamp, type FileStamps } from './file-stamps.ts';
import { FileWrites } from './file-writes.ts';
import { ownStamp } from './safe-open.ts';
import { storageError } from './storage-error.ts';

/** A file of a torrent, on disk. */
export interface ContentFile {
  /** Where it is when whole: an absolute path. */
  readonly path: string;
  /** Where its data is until then: in the same folder. */
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
  /** How each file was left: one that is found otherwise was changed by someone else. */
  readonly stamps: FileStamps;
  /** Whether a file has its final name as soon as {@link ContentFiles.nameFile} gives it to it, and is written to there. */
  readonly isNamedEarly: boolean;
}

/**
 * Reads and writes pieces in a torrent's files, synchronously. A file is at its part path until {@link finishFile} gives
 * it its final name. Nothing is made before it is written to.
 */
export class ContentFiles {
  readonly #options: ContentFilesOptions;
  readonly #writes: FileWrites;

  constructor(options: ContentFilesOptions) {
    this.#options = options;
    this.#writes = new FileWrites(options.stamps);
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

  /**
   * Writes what belongs to wanted files of a piece, making files and folders as needed. {@link endWrites} follows, at once.
   *
   * @throws {DownloadError}
   */
  writePiece(index: number, bytes: Uint8Array): void {
    for (const span of this.#options.fileLayout.spans(index)) {
      const { isPadding, isWanted } = this.#file(span.fileIndex);
      if (isWanted && !isPadding) this.writeSpan(span, partOf(bytes, span));
    }
  }

  /** Writes the bytes of one file in a piece. See {@link writePiece}. */
  writeSpan({ fileIndex, fileOffset }: FileSpan, bytes: Uint8Array): void {
    const file = this.#openFile(fileIndex, true);
    if (file === undefined) return;
    this.#writes.write(fileIndex, file, bytes, fileOffset);
  }

  /**
   * Takes what was written to for what it is now; what is made next has its folder looked for anew.
   *
   * @throws what the system reports.
   */
  endWrites(): void {
    this.#options.root.lookAgain();
    this.#writes.end();
  }

  /** Whether there is a file with the final name that is never written to, whole or not. @throws {DownloadError} */
  hasFinal(fileIndex: number): boolean {
    return !this.#options.isNamedEarly && this.#look(this.#file(fileIndex).path) !== undefined;
  }

  /**
   * Gives a file that is whole its final name; an empty one is made.
   *
   * @returns `false`, and nothing is done, if someone else may have changed the file.
   * @throws {DownloadError}
   */
  finishFile(fileIndex: number): boolean {
    const { root } = this.#options;
    const { path, partPath, length } = this.#file(fileIndex);
    root.release(fileIndex);
    try {
      const final = ownStamp(path);
      if (final?.length === 0 && length === 0) return true;
      if (final !== undefined && this.#isOurs(fileIndex, final)) return this.#isAsLeft(fileIndex, final);
      if (final !== undefined) throw cameToBe(path, final.length);
      if (length === 0) closeSync(root.open(partPath, 'create'));
      else if (!this.#isAsLeft(fileIndex, ownStamp(partPath))) return false;
      root.rename(partPath, path);
      return true;
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Gives a file that is not whole its final name, if it has it not. @throws {DownloadError} */
  nameFile(fileIndex: number): void {
    const { path, partPath } = this.#file(fileIndex);
    try {
      const final = ownStamp(path);
      if (final === undefined) this.#options.root.rename(partPath, path);
      else if (!this.#isOurs(fileIndex, final)) throw cameToBe(path, final.length);
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Goes on with a file that has its final name but is not whole: its data is a part again, cut to its length. @throws {DownloadError} */
  reopenFile(fileIndex: number): void {
    const { root, stamps, isNamedEarly } = this.#options;
    const { path, partPath, length } = this.#file(fileIndex);
    root.release(fileIndex);
    try {
      if (!isNamedEarly) root.rename(path, partPath);
      const fd = root.open(isNamedEarly ? path : partPath, 'write');
      try {
        if (fstatSync(fd).size > length) ftruncateSync(fd, length);
        stamps.set(fileIndex, stampOf(fstatSync(fd, { bigint: true })));
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Forgets what files of a piece are kept open: what has their names may be others by now. */
  releasePiece(index: number): void {
    for (const { fileIndex } of this.#options.fileLayout.spans(index)) this.#options.root.release(fileIndex);
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
    const { root, stamps, isNamedEarly } = this.#options;
    const known = root.kept(fileIndex);
    if (known !== undefined) return known;
    this.#writes.end(); // others may have to be closed for this one
    const { path, partPath, isWanted } = this.#file(fileIndex);
    try {
      // Whether something came to be where a file is to go, it is asked when it goes there.
      const found = isForWriting && !isNamedEarly ? undefined : ownStamp(path);
      if (found !== undefined && isForWriting && !this.#isOurs(fileIndex, found))
        throw cameToBe(path, found.length);
      if (found === undefined && !isForWriting && ownStamp(partPath) === undefined) return undefined;
      // What was begun is not made again: what had been written to it would be missing.
      const isNew = isForWriting && stamps.length(fileIndex) === 0;
      const mode = isNew ? 'create' : isWanted ? 'write' : 'read';
      const opened = { fd: root.open(found === undefined ? partPath : path, mode), path };
      root.keep(fileIndex, opened);
      return opened;
    } catch (error) {
      throw storageError(error, path);
    }
  }

  /** Whether what has the final name is what is written to. */
  #isOurs(fileIndex: number, { inode }: FileStamp): boolean {
    const { isNamedEarly, stamps } = this.#options;
    return isNamedEarly && stamps.stamp(fileIndex).inode === inode;
  }

  #isAsLeft(fileIndex: number, found: FileStamp | undefined): boolean {
    const { stamps } = this.#options;
    const { path, length } = this.#file(fileIndex);
    refuseCut(path, found?.length, length);
    if (found === undefined) return false;
    if (found.length > length) throw changedFile(path, 'it is longer than it was left');
    return !stamps.isDisturbed(fileIndex) && stamps.isSame(fileIndex, found);
  }

  #look(path: string): FileStamp | undefined {
    try {
      return ownStamp(path);
    } catch (error) {
      throw storageError(error, path);
    }
  }
}

/** Returns the bytes of one file in a piece: often all of them. */
function partOf(bytes: Uint8Array, { begin, length }: FileSpan): Uint8Array {
  return length === bytes.length ? bytes : bytes.subarray(begin, begin + length);
}

/** A file that was not there when the download began. */
function cameToBe(path: string, length: number): DownloadError {
  const found = `there is a file of ${length} bytes now that is not part of this download`;
  return new DownloadError({ code: 'EXISTS', path, found });
}
