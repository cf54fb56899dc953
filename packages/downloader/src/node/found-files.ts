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

/**
 * Looks what is there of each file, in the order of the torrent.
 *
 * @throws {DownloadError} `UNSAFE_TARGET` for a link, a folder, a device; `NOT_WRITABLE`, `IO`
 */
export async function findFiles(files: readonly ContentFile[], signal?: AbortSignal): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const [index, file] of files.entries()) {
    if (index % BATCH_LENGTH === 0) await nextTurn();
    signal?.throwIfAborted();
    found.push(findFile(file));
  }
  return found;
}

function findFile(file: ContentFile): FoundFile {
  if (file.isPadding) return { type: 'nothing' };
  const final = lengthAt(file.path);
  const part = lengthAt(file.partPath);
  if (part !== undefined && part > file.length) {
    throw new DownloadError({ code: 'EXISTS', path: file.partPath, found: `it has ${part} bytes already` });
  }
  if (final !== undefined) return { type: 'final', length: final, hasPart: part !== undefined };
  return part === undefined ? { type: 'nothing' } : { type: 'part', length: part };
}

/** Synchronously: of most files there is nothing yet, and an error for each costs several times as much. */
function lengthAt(path: string): number | undefined {
  try {
    return ownLength(path);
  } catch (error) {
    throw storageError(error, path);
  }
}
