import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from '@millrace/interop/payload';
import { createTorrent } from '@millrace/metainfo';
import { filesFrom } from '@millrace/metainfo/node';
import { parseSize } from './size.ts';

/** What a benchmark moves that is about one file, and how often. */
export interface OneFile {
  readonly runs: number;
  /** In bytes, like the length of pieces. */
  readonly size: number;
  readonly pieceLength: number;
}

/** The options that say so, for `parseArgs`. */
export const ONE_FILE_OPTIONS = {
  runs: { type: 'string', default: '5' },
  size: { type: 'string', default: '1GiB' },
  piece: { type: 'string', default: '256KiB' },
} as const;

export function oneFileOf(values: Readonly<Record<keyof typeof ONE_FILE_OPTIONS, string>>): OneFile {
  return {
    runs: parseSize(values.runs),
    size: parseSize(values.size),
    pieceLength: parseSize(values.piece),
  };
}

/** Writes bytes that do not compress to `payload.bin` in a folder, and its torrent beside it. Returns the torrent's path. */
export async function writeOneFile(folder: string, { size, pieceLength }: OneFile): Promise<string> {
  const payload = join(folder, 'payload.bin');
  await using file = await open(payload, 'w');
  for (const chunk of randomBytes('bench', size)) await file.write(chunk);
  const torrent = join(folder, 'payload.torrent');
  const { name, files } = await filesFrom(payload);
  await writeFile(torrent, await createTorrent(files, { name, pieceLength }));
  return torrent;
}
