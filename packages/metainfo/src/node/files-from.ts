import { createReadStream, lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MetainfoError } from '../error.ts';
import type { InputFile } from '../input-file.ts';
import { type FileState, stateOf } from './hash/file-state.ts';

const CHUNK_LENGTH = 1024 * 1024;
/** Entries looked at before others have their turn. */
const BATCH_LENGTH = 256;

/** A file on disk, as it was when it was listed. */
export interface DiskFile extends InputFile {
  /** Its absolute path; no component of it is a link. */
  readonly location: string;
  readonly seen: FileState;
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
  if (target.isFile()) return { name, files: [fileAt(root, [], target)], leftOut: [] };
  const listing = new Listing(root, options);
  await listing.read();
  return { name, files: listing.files.toSorted(byPath), leftOut: listing.leftOut.toSorted(byPath) };
}

class Listing {
  readonly files: DiskFile[] = [];
  readonly leftOut: LeftOut[] = [];
  readonly #root: string;
  readonly #options: FilesFromOptions;

  constructor(root: string, options: FilesFromOptions) {
    this.#root = root;
    this.#options = options;
  }

  async read(): Promise<void> {
    const folders: (readonly string[])[] = [[]];
    let count = 0;
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      // Synchronously: for each of many small entries a promise costs several times what the system does.
      for (const name of readdirSync(join(this.#root, ...folder))) {
        this.#options.signal?.throwIfAborted();
        const path = [...folder, name];
        if (this.#add(path)) folders.push(path);
        count += 1;
        if (count % BATCH_LENGTH === 0) await nextTurn();
      }
    }
    this.#options.signal?.throwIfAborted();
  }

  /** Takes a file in and tells whether it is a folder that is to be read. */
  #add(path: readonly string[]): boolean {
    const location = join(this.#root, ...path);
    const stats = lstatSync(location, { throwIfNoEntry: false });
    if (stats === undefined) {
      // Node puts U+FFFD for what is not UTF-8: there is no file of such a name.
      if (path.at(-1)?.includes('\uFFFD'))
        throw new MetainfoError({ code: 'NAME_NOT_UTF8', field: '', path: location });
      return false; // gone since the folder was read
    }
    if (this.#options.isIgnored?.(path, stats.isDirectory()) === true) {
      this.leftOut.push({ path, reason: 'ignored' });
      return false;
    }
    if (stats.isDirectory()) return true;
    if (stats.isFile()) this.files.push(fileAt(location, path, stats));
    else this.leftOut.push({ path, reason: stats.isSymbolicLink() ? 'symbolic link' : 'no file or folder' });
    return false;
  }
}

/** Orders by component, so that a folder's files are together, and not by the locale. */
function byPath({ path: left }: Pick<InputFile, 'path'>, { path: right }: Pick<InputFile, 'path'>): number {
  for (const [depth, component] of left.entries()) {
    const other = right[depth];
    if (other === undefined || component > other) return 1;
    if (component < other) return -1;
  }
  return left.length - right.length;
}

function fileAt(location: string, path: readonly string[], stats: Stats): DiskFile {
  return {
    path,
    length: stats.size,
    location,
    seen: stateOf(stats),
    async *stream() {
      const buffers: AsyncIterable<Buffer> = createReadStream(location, { highWaterMark: CHUNK_LENGTH });
      for await (const { buffer, byteOffset, length } of buffers) {
        yield new Uint8Array(buffer, byteOffset, length);
      }
    },
  };
}
