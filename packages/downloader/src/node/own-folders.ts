import { closeSync, constants, existsSync, fstatSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DownloadError } from '../error.ts';
import type { FileStamps } from './file-stamps.ts';
import { kindOf, makeOwnFolder, NO_FOLLOW } from './safe-open.ts';

/** What is named by the descriptor of an open folder is in that folder, even if a link was put in its place meanwhile. */
const DESCRIPTORS = '/proc/self/fd';
const HAS_DESCRIPTORS = process.platform === 'linux' && existsSync(DESCRIPTORS);
const OPEN_FOLDER = constants.O_RDONLY | NO_FOLLOW | (constants.O_DIRECTORY ?? 0);

interface OpenFolder {
  readonly fd: number;
  readonly inode: bigint;
}

/**
 * Names the folders of a torrent's content so that what is made or renamed in them cannot land elsewhere: none may be a
 * link, also if someone swaps it while we look. The content's own folder stays the one it was: once it is gone, it
 * is not made again.
 */
export class OwnFolders {
  readonly #root: string;
  readonly #above: string;
  readonly #stamps: FileStamps;
  readonly #maxOpen: number;
  /** Folders kept open, the one used last at the end. */
  readonly #open = new Map<string, OpenFolder>();
  /** Folders that were found in their places since {@link lookAgain}. */
  readonly #inPlace = new Set<string>();
  #isAboveMade = false;

  /** @param root - The content's own file or folder. What lies above it is the user's own: links there are fine. */
  constructor(root: string, stamps: FileStamps, maxOpen = 8) {
    this.#root = root;
    this.#above = dirname(root);
    this.#stamps = stamps;
    this.#maxOpen = maxOpen;
  }

  /**
   * Returns a path that stands for a folder, valid until the next call.
   *
   * @param isMade - Whether it is made if it is not there.
   */
  path(folder: string, isMade: boolean): string {
    if (folder === this.#above) return this.#ownPath(isMade);
    const kept = this.#open.get(folder);
    // What is not made anew is looked at by its name anyway: it is there as it was left, or not.
    const isInPlace = kept !== undefined && (!isMade || this.#inPlace.has(folder));
    const inode = isInPlace ? kept.inode : inodeOf(folder);
    if (isMade) this.#inPlace.add(folder);
    if (kept !== undefined && kept.inode === inode) {
      this.#keep(folder, kept);
      return `${DESCRIPTORS}/${kept.fd}`;
    }
    if (folder === this.#root) this.#refuseOther(inode);
    const place = `${this.path(dirname(folder), isMade)}/${basename(folder)}`;
    if (isMade && inode === undefined) makeFolder(place, folder);
    const known = HAS_DESCRIPTORS ? this.#enter(place, folder) : requireFolder(folder);
    if (folder === this.#root) this.#stamps.folderInode = known.inode;
    return HAS_DESCRIPTORS ? `${DESCRIPTORS}/${known.fd}` : folder;
  }

  /** Looks, from now on, anew whether folders are still in their places: of many files that are made at once, once for all. */
  lookAgain(): void {
    this.#inPlace.clear();
  }

  close(): void {
    for (const { fd } of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #ownPath(isMade: boolean): string {
    // Once only: if it is gone later, it is not made again.
    if (isMade && !this.#isAboveMade) makeOwnFolder(this.#above);
    this.#isAboveMade ||= isMade;
    return this.#above;
  }

  #refuseOther(inode: bigint | undefined): void {
    const known = this.#stamps.folderInode;
    if (known === 0n || known === inode) return;
    const found = inode === undefined ? 'the folder is gone' : 'it is another folder than before';
    throw new DownloadError({ code: 'CHANGED', path: this.#root, found });
  }

  #enter(place: string, folder: string): OpenFolder {
    const fd = openFolder(place, folder);
    const inode = fstatSync(fd, { bigint: true }).ino;
    this.#keep(folder, { fd, inode });
    return { fd, inode };
  }

  #keep(folder: string, open: OpenFolder): void {
    const before = this.#open.get(folder);
    if (before !== undefined && before !== open) closeSync(before.fd);
    this.#open.delete(folder);
    this.#open.set(folder, open);
    const [oldest] = this.#open;
    if (this.#open.size <= this.#maxOpen || oldest === undefined) return;
    this.#open.delete(oldest[0]);
    closeSync(oldest[1].fd);
  }
}

function openFolder(place: string, folder: string): number {
  try {
    return openSync(place, OPEN_FOLDER);
  } catch (error) {
    const found = kindOf(folder);
    if (found === undefined || found === 'a folder') throw error;
    throw notFolder(folder, found, error);
  }
}

function makeFolder(place: string, folder: string): void {
  try {
    mkdirSync(place);
  } catch (error) {
    const found = kindOf(folder);
    if (found === undefined) throw error;
    if (found !== 'a folder') throw notFolder(folder, found, error);
  }
}

/** Where folders have no descriptors: at least it is none now. */
function requireFolder(folder: string): OpenFolder {
  const found = kindOf(folder);
  if (found !== 'a folder') throw notFolder(folder, found ?? 'gone');
  return { fd: -1, inode: inodeOf(folder) ?? 0n };
}

function notFolder(path: string, found: string, cause?: unknown): DownloadError {
  return new DownloadError({ code: 'UNSAFE_TARGET', path, found }, { cause });
}

function inodeOf(path: string): bigint | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
