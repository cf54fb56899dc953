import type { CreateProgress } from '../create.ts';
import { MetainfoError } from '../error.ts';
import { isPaddingFile } from '../input-file.ts';
import { planTorrent, type TorrentFields } from '../torrent-plan.ts';
import type { FilesFrom } from './files-from.ts';
import { hashFiles } from './hash/hash-files.ts';
import { troubleError } from './hash/trouble-error.ts';

/** What a torrent says besides its files, and how it is made. */
export interface CreateFromOptions extends Omit<TorrentFields, 'name'> {
  /** @defaultValue that of the file or folder */
  readonly name?: string;
  /** Threads that hash. @defaultValue one for each core, but only as many as are worth their start */
  readonly threads?: number;
  /** Stops the hashing; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told about ten times a second, and at the end. */
  readonly onProgress?: (progress: CreateProgress) => void;
}

/**
 * Makes a `.torrent` file of what {@link filesFrom} has listed. Files are hashed on all cores; each must still be what it
 * was when it was listed once it has been read.
 *
 * @returns The bytes of the torrent; the caller owns them.
 * @throws {RangeError} if names, lengths or options cannot make a torrent others can read.
 * @throws {MetainfoError} `NO_CONTENT`, `FILE_UNREADABLE`, `FILE_CHANGED`
 */
export async function createTorrentFrom(
  { name, files }: Pick<FilesFrom, 'name' | 'files'>,
  options: CreateFromOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { threads, signal, onProgress } = options;
  if (files.every((file) => file.length === 0)) {
    const found = files.length === 0 ? 'there are no files' : 'no file has any bytes';
    throw new MetainfoError({ code: 'NO_CONTENT', field: '', path: options.name ?? name, found });
  }
  const plan = planTorrent(files, { ...options, name: options.name ?? name });
  const { pieceLength, layout } = plan;
  const hashed = plan.files.map((file) =>
    isPaddingFile(file)
      ? { length: file.length }
      : { length: file.length, location: file.location, seen: file.seen },
  );
  const { hashes } = await hashFiles(
    { files: hashed, pieceLength, layout },
    {
      threads,
      signal,
      onProgress: (hashedBytes) => onProgress?.({ hashedBytes, totalBytes: layout.totalLength }),
      onTrouble: ({ fileIndex, system }) => {
        throw troubleError(`info.files[${fileIndex}]`, hashed[fileIndex]?.location ?? '', system);
      },
    },
  );
  return plan.toBytes(hashes);
}
