import { createReadStream, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MetainfoError } from '../error.ts';
import type { InputFile } from '../input-file.ts';
import { type FileState, stateOf } from './hash/file-state.ts';

const CHUNK_LENGTH = 1024 * 1024;
/** Entries looked at before others have their turn. */
const BATCH_LENGTH = 256;

/** A file on disk, as it was when it was listed. */
export class DiskFile implements InputFile {
  readonly path: readonly string[];
  readonly length: number;
  /** Its absolute path; no component of it is a link. */
  readonly location: string;
  readonly seen: FileState;

  constructor(location: string, path: readonly string[], seen: FileState) {
    this.path = path;
    this.length = seen.size;
    this.location = location;
    this.seen = seen;
  }

  async *stream(): AsyncGenerator<Uint8Array, void, void> {
    const buffers: AsyncIterable<Buffer> = createReadStream(this.location, { highWaterMark: CHUNK_LENGTH });
    for await (const { buffer, byteOffset, length } of buffers) {
      yield new Uint8Array(buffer, byteOffset, length);
    }
  }
}

/** Something in a folder that a torrent is not made of, and why. */
export interface LeftOut {
  /** Components below the folder. */
  readonly path: readonly string[];
  readonly reason: 'ignored' | 'symbolic link' | 'no file or folder';
}

/** What `createTorrent` needs to know of a file or folder on disk. */
export interface FilesFrom {
  /** The last component of the path. */
  readonly name: string;
  readonly files: readonly DiskFile[];
  readonly leftOut: readonly LeftOut[];
}

export interface FilesFromOptions {
  /** Tells whether to leave out a file, or a folder with all below it; `path` has its components below the root. */
  readonly isIgnored?: (path: readonly string[], isFolder: boolean) => boolean;
  readonly signal?: AbortSignal;
}

/**
 * Lists the file at `path`, or all files below the folder there, in an order that depends on their names only. They
 * are opened when they are read. `path` itself may be a symbolic link; links below it, and whatever else is no regular
 * file, are left out, and listed as such.
 *
 * @throws {Error} of `node:fs` if something cannot be read.
 * @throws {MetainfoError} `NAME_NOT_UTF8` if a name below the folder is not text.
 */
export async function filesFrom(path: string, options: FilesFromOptions = {}): Promise<FilesFrom> {
  const given = resolve(path);
  const name = basename(given);
  const target = await stat(given);
  const root = realpathSync(given);
  if (target.isFile()) return { name, files: [new DiskFile(root, [], stateOf(target))], leftOut: [] };
  const listing = new Listing(options);
  await listing.read(root, []);
  return { name, files: listing.files, leftOut: listing.leftOut };
}

class Listing {
  readonly files: DiskFile[] = [];
  readonly leftOut: LeftOut[] = [];
  readonly #options: FilesFromOptions;
  #count = 0;

  constructor(options: FilesFromOptions) {
    this.#options = options;
  }

  /** Takes in what is below a folder: sorted by component, not by the locale, a folder's files together. */
  async read(folder: string, path: readonly string[]): Promise<void> {
    // Synchronously: for each of many small entries a promise costs several times what the system does.
    for (const name of readdirSync(folder).toSorted()) {
      this.#options.signal?.throwIfAborted();
      const location = folder + sep + name;
      const components = [...path, name];
      if (this.#add(location, components)) await this.read(location, components);
      this.#count += 1;
      if (this.#count % BATCH_LENGTH === 0) await nextTurn();
    }
    this.#options.signal?.throwIfAborted();
  }

  /** Takes a file in and tells whether it is a folder that is to be read. */
  #add(location: string, path: readonly string[]): boolean {
    const stats = lstatSync(location, { throwIfNoEntry: false });
    if (stats === undefined) {
      // Node puts U+FFFD for what is not UTF-8: there is no file of such a name.
      if (path.at(-1)?.includes('\uFFFD')) {
        throw new MetainfoError({ code: 'NAME_NOT_UTF8', field: '', path: location });
      }
      return false; // gone since the folder was read
    }
    if (this.#options.isIgnored?.(path, stats.isDirectory()) === true) {
      this.leftOut.push({ path, reason: 'ignored' });
      return false;
    }
    if (stats.isDirectory()) return true;
    if (stats.isFile()) this.files.push(new DiskFile(location, path, stateOf(stats)));
    else this.leftOut.push({ path, reason: stats.isSymbolicLink() ? 'symbolic link' : 'no file or folder' });
    return false;
  }
}
