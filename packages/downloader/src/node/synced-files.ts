import { closeSync, fstatSync, fsync } from 'node:fs';
import { Bitfield } from '@millrace/peer-wire';
import type { ContentFile } from './content-files.ts';
import { isSameStamp, setStamp, STAMP_FIGURES, stampAt, type FileStamp } from './file-stamps.ts';
import { openOwn } from './safe-open.ts';
import { storageError } from './storage-error.ts';

const SYNCED_AT_ONCE = 4;
/** Files that are synced at a time; what remains is believed until the system starts anew. */
const MAX_SYNCED = 256;

/** Knows which files of a torrent have reached the disk as they are, and brings them there once they have come to rest. */
export class SyncedFiles {
  readonly #files: readonly ContentFile[];
  /** Stamps with which files were synced. */
  readonly #synced: BigInt64Array;
  /** Stamps at the last call. */
  #last: BigInt64Array;
  #failure: unknown;

  constructor(files: readonly ContentFile[]) {
    this.#files = files;
    this.#synced = new BigInt64Array(files.length * STAMP_FIGURES);
    this.#last = this.#synced.slice();
  }

  /** Why data did not reach the disk; `undefined` while nothing has failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** A file had reached the disk with this stamp; where it is another by now, that will be seen. */
  add(fileIndex: number, stamp: FileStamp): void {
    setStamp(this.#synced, fileIndex, stamp);
  }

  /**
   * Brings files to the disk that have come to rest, or all; not more than a good number at a time. Does not throw: see
   * {@link failure}.
   *
   * @param stamps - What the files are now.
   * @param isLast - Whether nothing is being written any more.
   */
  async sync(stamps: BigInt64Array, isLast: boolean): Promise<void> {
    const due: number[] = [];
    for (let fileIndex = 0; fileIndex < this.#files.length && due.length < MAX_SYNCED; fileIndex += 1) {
      const stamp = stampAt(stamps, fileIndex);
      const isAtRest = isLast || isSameStamp(stampAt(this.#last, fileIndex), stamp);
      const isNothing = stamp.inode === 0n;
      if (isAtRest && !isNothing && !this.#isSynced(fileIndex, stamp)) due.push(fileIndex);
    }
    this.#last = BigInt64Array.from(stamps);
    const syncSome = async (): Promise<void> => {
      for (let fileIndex = due.pop(); fileIndex !== undefined; fileIndex = due.pop()) {
        const file = this.#files[fileIndex];
        const stamp = stampAt(stamps, fileIndex);
        if (file !== undefined && (await this.#syncFile(file, stamp.inode))) this.add(fileIndex, stamp);
      }
    };
    await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, syncSome));
  }

  /** Returns the files that may not have reached the disk with these stamps. */
  unsynced(stamps: BigInt64Array): Bitfield {
    const unsynced = new Bitfield(this.#files.length);
    for (const fileIndex of this.#files.keys())
      if (!this.#isSynced(fileIndex, stampAt(stamps, fileIndex))) unsynced.add(fileIndex);
    return unsynced;
  }

  #isSynced(fileIndex: number, stamp: FileStamp): boolean {
    return isSameStamp(stampAt(this.#synced, fileIndex), stamp);
  }

  async #syncFile({ path, partPath, isWanted }: ContentFile, inode: bigint): Promise<boolean> {
    const mode = process.platform === 'win32' && isWanted ? 'write' : 'read';
    for (const place of [partPath, path]) {
      let fd: number;
      try {
        fd = openOwn(place, mode);
      } catch {
        continue; // it has the other name, or cannot be opened now: then it is not known to be on the disk
      }
      try {
        if (fstatSync(fd, { bigint: true }).ino !== inode) continue;
        await synced(fd);
        return true;
      } catch (error) {
        this.#failure ??= storageError(error, path);
      } finally {
        closeSync(fd);
      }
    }
    return false;
  }
}

/** Resolves when an open file has reached the disk. */
function synced(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(fd, (error) => (error === null ? resolve() : reject(error)));
  });
}
