import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toLocalPaths } from '../../local-paths.ts';
import type { Metainfo } from '../../metainfo.ts';
import { type FileState, stateOf } from '../hash/file-state.ts';

/** Why a file is not what the torrent says, whatever its bytes are. */
export type FileProblem =
  | 'missing'
  /** It still has the name of an unfinished download, which ends in `.part`. */
  | 'unfinished'
  | 'too short'
  | 'too long'
  | 'a symbolic link'
  | 'a folder'
  | 'no plain file'
  /** A folder above it is a symbolic link, or no folder. */
  | 'behind something that is no folder'
  | 'unreadable'
  | 'changed meanwhile';

/** What is on disk of one file of a torrent. */
export interface FoundContent {
  /** Where its bytes are, if there are any to read. */
  readonly location?: string;
  readonly seen?: FileState;
  readonly problem?: FileProblem;
}

/** The files of a torrent on disk. */
export interface Content {
  /** Where the file or folder is: an absolute path without links, if it is there. */
  readonly root: string;
  /** For each file of the torrent; padding is there by itself. */
  readonly files: readonly FoundContent[];
  /** Names that belong to the torrent, as absolute paths. */
  readonly names: ReadonlySet<string>;
}

/** Files looked at before others have their turn. */
const BATCH_LENGTH = 64;
const UNFINISHED_SUFFIX = '.part';

/**
 * Looks for a torrent's files. `path` may be a link; nothing below it is followed.
 *
 * @param path - The torrent's own file or folder.
 */
export async function findContent(metainfo: Metainfo, path: string, signal?: AbortSignal): Promise<Content> {
  const root = realPath(resolve(path));
  const platform = process.platform === 'win32' ? 'win32' : 'posix';
  const { paths } = toLocalPaths(metainfo, { platform });
  const folders = new Folders(root, metainfo.isSingleFile);
  const files: FoundContent[] = [];
  const names = new Set<string>();
  for (const [index, file] of metainfo.files.entries()) {
    if (index % BATCH_LENGTH === 0) await nextTurn();
    signal?.throwIfAborted();
    // A link is never made, and what a torrent says of one has no bytes.
    if (file.isPadding || file.symlink !== undefined) {
      files.push({});
      continue;
    }
    const location = join(root, ...(paths[index] ?? []));
    names.add(location).add(location + UNFINISHED_SUFFIX);
    files.push(folders.areReal(dirname(location)) ? findFile(location, file.length) : BEHIND);
  }
  return { root, files, names };
}

const BEHIND: FoundContent = { problem: 'behind something that is no folder' };

function findFile(location: string, length: number): FoundContent {
  const stats = lookAt(location);
  if (stats === 'unreadable') return { problem: 'unreadable' };
  if (stats !== undefined) return describeFile(location, stats, length);
  const unfinished = location + UNFINISHED_SUFFIX;
  const part = lookAt(unfinished);
  if (part === undefined || part === 'unreadable' || !part.isFile()) return { problem: 'missing' };
  return { ...describeFile(unfinished, part, length), problem: 'unfinished' };
}

function describeFile(location: string, stats: Stats, length: number): FoundContent {
  if (stats.isSymbolicLink()) return { problem: 'a symbolic link' };
  if (stats.isDirectory()) return { problem: 'a folder' };
  if (!stats.isFile()) return { problem: 'no plain file' };
  const found = { location, seen: stateOf(stats) };
  if (stats.size === length) return found;
  return { ...found, problem: stats.size < length ? 'too short' : 'too long' };
}

/** Returns what is there, without following it. */
function lookAt(location: string): Stats | 'unreadable' | undefined {
  try {
    return lstatSync(location, { throwIfNoEntry: false });
  } catch {
    return 'unreadable';
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // nothing is there, or not to be seen: so will be each file
  }
}

/** Knows of folders below a root whether they, and all between, are folders and no links, or not there at all. */
class Folders {
  readonly #known = new Map<string, boolean>();

  constructor(root: string, isSingleFile: boolean) {
    if (isSingleFile) this.#known.set(dirname(root), true);
    else this.#known.set(root, true);
  }

  areReal(folder: string): boolean {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const isReal = this.areReal(dirname(folder)) && isFolderOrNothing(folder);
    this.#known.set(folder, isReal);
    return isReal;
  }
}

function isFolderOrNothing(folder: string): boolean {
  const stats = lookAt(folder);
  return stats === undefined || stats === 'unreadable' || stats.isDirectory();
}
