import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/** What tells that a file is still the one that was looked at, and still the same. */
export interface FileState {
  /** In bytes. */
  readonly size: number;
  /** When its content changed, in milliseconds since 1970, with the fractions that the system knows. */
  readonly modifiedMs: number;
  /** Which file it is, on its file system. */
  readonly inode: number;
}

/** Not there on Windows, whose symbolic links need a privilege to make. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
/** A FIFO would otherwise block the thread until someone writes to it. */
const NON_BLOCK = constants.O_NONBLOCK ?? 0;

export function stateOf({ size, mtimeMs, ino }: Stats): FileState {
  return { size, modifiedMs: mtimeMs, inode: ino };
}

/** Opens a file to read it, never through a link. @throws {Error} of `node:fs` */
export function openToRead(location: string): number {
  return openSync(location, constants.O_RDONLY | NO_FOLLOW | NON_BLOCK);
}

/** Closes a file that was read and tells whether it was all the time what had been seen of it. */
export function closeUnchanged(fd: number, seen: FileState | undefined): boolean {
  const { size, modifiedMs, inode } = stateOf(fstatSync(fd));
  closeSync(fd);
  return size === seen?.size && modifiedMs === seen.modifiedMs && inode === seen.inode;
}

/** Fills a part of `target` from a file and tells whether there was enough. @throws {Error} of `node:fs` */
export function readFully(
  fd: number,
  target: Uint8Array,
  begin: number,
  length: number,
  position: number,
): boolean {
  for (let done = 0; done < length;) {
    const count = readSync(fd, target, begin + done, length - done, position + done);
    if (count === 0) return false;
    done += count;
  }
  return true;
}
