import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import { dirname } from 'node:path';
import { DownloadError } from '../error.ts';
import { stampOf, type FileStamp } from './file-stamps.ts';

/** Not there on Windows, whose symbolic links need a privilege to make. */
export const NO_FOLLOW: number = constants.O_NOFOLLOW ?? 0;
/** A FIFO would otherwise block the thread until someone writes to it. */
const NON_BLOCK = constants.O_NONBLOCK ?? 0;

/** Makes a folder that is the user's own choice, and its parents; links on the way are followed. */
export function makeOwnFolder(folder: string): void {
  // Not by mkdir's own `recursive`: where the system has no room for folders (/proc), Node tries for ever.
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeOwnFolder(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What a file is opened for: to read it, to write it too, to make it if it is not there. */
export type OpenMode = 'read' | 'write' | 'create';

const MODE_FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT,
};

const MAKE_NEW: number = MODE_FLAGS.create | constants.O_EXCL | NO_FOLLOW | NON_BLOCK;

/**
 * Opens a file: never through a link, never a device, never a file with a second name.
 *
 * @param place - Where it is, in other words: see {@link OwnFolders}. @defaultValue `path`
 */
export function openOwn(path: string, mode: OpenMode, place: string = path): number {
  return (mode === 'create' ? makeNew(place) : undefined) ?? openThere(path, mode, place);
}

/** Makes a file, which then is a plain one with one name. Returns `undefined` if something is there. */
function makeNew(place: string): number | undefined {
  try {
    return openSync(place, MAKE_NEW, 0o666);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  }
}

function openThere(path: string, mode: OpenMode, place: string): number {
  const fd = openSync(place, MODE_FLAGS[mode] | NO_FOLLOW | NON_BLOCK, 0o666);
  const found = unsafeKind(fstatSync(fd, { bigint: true }));
  if (found === undefined) return fd;
  closeSync(fd);
  throw new DownloadError({ code: 'UNSAFE_TARGET', path, found });
}

/** Returns a file's length in bytes, `undefined` if there is nothing; refuses what is no plain file. */
export function ownLength(path: string): number | undefined {
  return ownStamp(path)?.length;
}

/** Returns what tells whether a file is as it was left, `undefined` if there is nothing; refuses what is no plain file. */
export function ownStamp(path: string): FileStamp | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const found = unsafeKind(stats);
  if (found !== undefined) throw new DownloadError({ code: 'UNSAFE_TARGET', path, found });
  return stampOf(stats);
}

function unsafeKind(stats: BigIntStats): string | undefined {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a folder';
  if (!stats.isFile()) return 'not a plain file';
  return stats.nlink > 1n ? 'a file with a second name' : undefined;
}

/** Says what is there in words, `undefined` if nothing is; a link is not followed. */
export function kindOf(path: string): string | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isDirectory() ? 'a folder' : stats && (unsafeKind(stats) ?? 'a file');
}
