import { readSync, writeSync } from 'node:fs';
import { DownloadError } from '../error.ts';
import { storageError } from './storage-error.ts';

export interface OpenFile {
  readonly fd: number;
  /** What errors call it. */
  readonly path: string;
}

/**
 * Fills `target` from a file.
 *
 * @returns Whether there was enough.
 * @throws {DownloadError}
 */
export function readFully({ fd, path }: OpenFile, target: Uint8Array, position: number): boolean {
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

/** Writes all of `bytes` to a file. @throws {DownloadError} */
export function writeFully({ fd, path }: OpenFile, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    try {
      const count = writeSync(fd, bytes, done, bytes.length - done, position + done);
      if (count === 0) throw new DownloadError({ code: 'NO_SPACE', path });
      done += count;
    } catch (error) {
      throw storageError(error, path);
    }
  }
}
