import { setImmediate as nextTurn } from 'node:timers/promises';
import { DownloadError } from '../error.ts';
import type { ContentFile } from './content-files.ts';
import { ownLength } from './safe-open.ts';
import { storageError } from './storage-error.ts';

/** What is on disk of one file of a torrent. */
export type FoundFile =
  | { readonly type: 'nothing' }
  /** Our own unfinished data. */
  | { readonly type: 'part'; readonly length: number }
  /** A file with the final name, ours or someone else's. */
  | { readonly type: 'final'; readonly length: number; readonly hasPart: boolean };

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
  let lookedAt = 0;
  for (const [index, file] of files.entries()) {
    if (file.isPadding || (!file.isWanted && !isOfUse(index))) {
      found.push(NOTHING);
      continue;
    }
    if (lookedAt % BATCH_LENGTH === 0) await nextTurn();
    signal?.throwIfAborted();
    lookedAt += 1;
    found.push(file.isWanted ? findWanted(file) : findOther(file));
  }
  return found;
}

function findWanted(file: ContentFile): FoundFile {
  const final = lengthAt(file.path);
  const part = lengthAt(file.partPath);
  if (part !== undefined && part > file.length) {
    throw new DownloadError({ code: 'EXISTS', path: file.partPath, found: `it has ${part} bytes already` });
  }
  if (final !== undefined) return { type: 'final', length: final, hasPart: part !== undefined };
  return part === undefined ? NOTHING : { type: 'part', length: part };
}

/** What cannot be read of a file that is not wanted is as good as not there. */
function findOther({ path, partPath }: ContentFile): FoundFile {
  try {
    const final = ownLength(path);
    if (final !== undefined) return { type: 'final', length: final, hasPart: false };
    const part = ownLength(partPath);
    return part === undefined ? NOTHING : { type: 'part', length: part };
  } catch {
    return NOTHING;
  }
}

/** Synchronously: of most files there is nothing yet, and an error for each costs several times as much. */
function lengthAt(path: string): number | undefined {
  try {
    return ownLength(path);
  } catch (error) {
    throw storageError(error, path);
  }
}
