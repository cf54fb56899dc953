import { MetainfoError } from './error.ts';
import type { InputFile } from './input-file.ts';
import { PieceHasher } from './piece-hasher.ts';
import type { PieceLayout } from './piece-layout.ts';
import { planTorrent, type TorrentFields } from './torrent-plan.ts';

export interface CreateProgress {
  readonly hashedBytes: number;
  readonly totalBytes: number;
}

/** What a torrent says besides its files, and how it is told how far its making is. */
export interface CreateOptions extends TorrentFields {
  /** Stops the hashing; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told after each chunk that was hashed. */
  readonly onProgress?: (progress: CreateProgress) => void;
}

/**
 * Makes a `.torrent` file of `files`, in their order. They are read once; what is held in memory is a chunk at a time.
 *
 * @returns The bytes of the torrent; the caller owns them.
 * @throws {RangeError} if names, lengths or options cannot make a torrent others can read.
 * @throws {MetainfoError} `FILE_LENGTH_MISMATCH` if a file turns out shorter or longer than it said.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3}
 */
export async function createTorrent(
  files: readonly InputFile[],
  options: CreateOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const plan = planTorrent(files, options);
  return plan.toBytes(await hashPieces(plan.files, plan.layout, options));
}

async function hashPieces(
  files: readonly InputFile[],
  layout: PieceLayout,
  { signal, onProgress }: CreateOptions,
): Promise<Uint8Array> {
  const hasher = new PieceHasher(layout);
  let hashedBytes = 0;
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    let actual = 0;
    for await (const chunk of file.stream()) {
      signal?.throwIfAborted();
      actual += chunk.length;
      if (actual > file.length) break;
      hasher.push(chunk);
      hashedBytes += chunk.length;
      onProgress?.({ hashedBytes, totalBytes: layout.totalLength });
    }
    if (actual !== file.length) {
      const field = file.path.length === 0 ? 'info' : `info.files[${index}]`;
      throw new MetainfoError({ code: 'FILE_LENGTH_MISMATCH', field, actual, expected: file.length });
    }
  }
  return hasher.hashes;
}
