import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DownloadError } from '../error.ts';
import type { ContentFile } from './content-files.ts';
import type { FileStamp } from './file-stamps.ts';
import { ownStamp } from './safe-open.ts';
import { storageError } from './storage-error.ts';

/** What is on disk of one file of a torrent. */
export type FoundFile =
  | { readonly type: 'nothing' }
  /** Our own unfinished data. */
  | { readonly type: 'part'; readonly stamp: FileStamp }
  /** A file with the final name, ours or someone else's. */
  | { readonly type: 'final'; readonly stamp: FileStamp; readonly hasPart: boolean };

/** Files looked at before the network has its turn. */
const BATCH_LENGTH = 32;
const NOTHING: FoundFile = { type: 'nothing' };

/**
 * Looks what is there of each file, in the order of the torrent.
 *
 * @param isOfUse - Whether it matters what is there of a file that is not wanted.
 * @throws {DownloadError} `UNSAFE_TARGET` for a link, a folder, a device; `NOT_WRITABLE`, `IO`
 */
export async function findFiles(
  files: readonly ContentFile[],
  isOfUse: (fileIndex: number) => boolean,
  signal?: AbortSignal,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const folders = new Folders();
  let lookedAt = 0;
  for (const [index, file] of files.entries()) {
    if (file.isPadding || (!file.isWanted && !isOfUse(index))) {
      found.push(NOTHING);
      continue;
    }
    if (lookedAt % BATCH_LENGTH === 0) {
      await nextTurn();
      signal?.throwIfAborted();
    }
    lookedAt += 1;
    if (!folders.mayHave(file)) found.push(NOTHING);
    else found.push(file.isWanted ? findWanted(file) : findOther(file));
  }
  return found;
}

/** Knows which folders are not there: of a torrent that is new, no file need be looked for. */
class Folders {
  readonly #isThere = new Map<string, boolean>();

  /** A file's part is in the folder that the file is for. */
  mayHave({ path }: ContentFile): boolean {
    return this.#mayBeThere(dirname(path));
  }

  #mayBeThere(folder: string): boolean {
    const known = this.#isThere.get(folder);
    if (known !== undefined) return known;
    const isThere = mayBeThere(folder);
    this.#isThere.set(folder, isThere);
    return isThere;
  }
}

/** Whether there is something at a path, or none can tell: whoever looks for what is in it says why. */
function mayBeThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function findWanted(file: ContentFile): FoundFile {
  const final = stampAt(file.path);
  const part = stampAt(file.partPath);
  if (part !== undefined && part.length > file.length) {
    const found = `it has ${part.length} bytes already`;
    throw new DownloadError({ code: 'EXISTS', path: file.partPath, found });
  }
  if (final !== undefined) return { type: 'final', stamp: final, hasPart: part !== undefined };
  return part === undefined ? NOTHING : { type: 'part', stamp: part };
}

/** What cannot be read of a file that is not wanted is as good as not there. */
function findOther({ path, partPath }: ContentFile): FoundFile {
  try {
    const final = ownStamp(path);
    if (final !== undefined) return { type: 'final', stamp: final, hasPart: false };
    const part = ownStamp(partPath);
    return part === undefined ? NOTHING : { type: 'part', stamp: part };
  } catch {
    return NOTHING;
  }
}

/** Synchronously: of most files there is nothing yet, and an error for each costs several times as much. */
function stampAt(path: string): FileStamp | undefined {
  try {
    return ownStamp(path);
  } catch (error) {
    throw storageError(error, path);
  }
}
