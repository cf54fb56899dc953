import { lstat } from 'node:fs/promises';
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

/** Files looked at at once. */
const BATCH_LENGTH = 256;

/**
 * Looks what is there of each file, in the order of the torrent.
 *
 * @throws {DownloadError} `UNSAFE_TARGET` for a link, a folder, a device; `NOT_WRITABLE`, `IO`
 */
export async function findFiles(files: readonly ContentFile[], signal?: AbortSignal): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (let start = 0; start < files.length; start += BATCH_LENGTH) {
    signal?.throwIfAborted();
    found.push(...(await Promise.all(files.slice(start, start + BATCH_LENGTH).map(findFile))));
  }
  return found;
}

async function findFile(file: ContentFile): Promise<FoundFile> {
  if (file.isPadding) return { type: 'nothing' };
  const [final, part] = await Promise.all([lengthAt(file.path), lengthAt(file.partPath)]);
  if (part !== undefined && part > file.length) {
    throw new DownloadError({ code: 'EXISTS', path: file.partPath, found: `it has ${part} bytes already` });
  }
  if (final !== undefined) return { type: 'final', length: final, hasPart: part !== undefined };
  return part === undefined ? { type: 'nothing' } : { type: 'part', length: part };
}

async function lengthAt(path: string): Promise<number | undefined> {
  try {
    await lstat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    throw storageError(error, path);
  }
  return ownLength(path);
}
