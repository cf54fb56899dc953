import { type Encodable, encode } from '@millrace/bencode';
import { MetainfoError } from './error.ts';
import type { InputFile } from './input-file.ts';
import { MAX_FILES, MAX_PATH_DEPTH, MAX_PIECE_LENGTH, MAX_PIECES } from './limits.ts';
import type { MetainfoVersion } from './metainfo.ts';
import { PieceHasher } from './piece-hasher.ts';
import { PieceLayout } from './piece-layout.ts';
import { quote } from './quote.ts';

export interface CreateProgress {
  readonly hashedBytes: number;
  readonly totalBytes: number;
}

/** What a torrent says besides its files. Nothing is added that is not given: the same input gives the same bytes. */
export interface CreateOptions {
  /** Name of the file if its path is empty, else of the folder that holds all files. */
  readonly name: string;
  /** @defaultValue 'v1' */
  readonly version?: MetainfoVersion;
  /** Size of a piece in bytes. @defaultValue what {@link choosePieceLength} says */
  readonly pieceLength?: number;
  /** Tracker URLs by tier, the first tier first (BEP 12). */
  readonly tiers?: readonly (readonly string[])[];
  /** Whether peers may come from the trackers only (BEP 27). @defaultValue false */
  readonly isPrivate?: boolean;
  readonly comment?: string;
  readonly createdBy?: string;
  /** Written in whole seconds. */
  readonly createdAt?: Date;
  /** Text that gives an otherwise equal torrent another info hash. */
  readonly source?: string;
  /** URLs of `url-list` (BEP 19). */
  readonly webSeeds?: readonly string[];
  /** Stops the hashing; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told after each chunk that was hashed. */
  readonly onProgress?: (progress: CreateProgress) => void;
}

const MIN_CHOSEN_PIECE_LENGTH = 16 * 1024;
const MAX_CHOSEN_PIECE_LENGTH = 16 * 1024 * 1024;
const CHOSEN_PIECE_COUNT = 1500;

/** Returns a power of two, 16 KiB to 16 MiB, that splits `totalLength` bytes into about 1500 pieces or fewer. */
export function choosePieceLength(totalLength: number): number {
  let pieceLength = MIN_CHOSEN_PIECE_LENGTH;
  while (pieceLength < MAX_CHOSEN_PIECE_LENGTH && totalLength / pieceLength > CHOSEN_PIECE_COUNT)
    pieceLength *= 2;
  return pieceLength;
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
  const {
    name,
    tiers = [],
    webSeeds = [],
    isPrivate = false,
    comment,
    createdBy,
    createdAt,
    source,
  } = options;
  checkFiles(files, name);
  if (createdAt !== undefined && !(createdAt.getTime() >= 0)) {
    throw new RangeError('Cannot create torrent: createdAt is no date, or one before 1970');
  }
  const totalLength = files.reduce((sum, file) => sum + file.length, 0);
  const pieceLength = options.pieceLength ?? choosePieceLength(totalLength);
  const layout = layOut(pieceLength, totalLength);
  const pieces = await hashPieces(files, layout, options);

  const isSingleFile = files[0]?.path.length === 0;
  const info: Encodable = {
    name,
    'piece length': pieceLength,
    pieces,
    ...(isSingleFile
      ? { length: totalLength }
      : { files: files.map(({ length, path }) => ({ length, path })) }),
    ...(isPrivate ? { private: 1 } : {}),
    ...(source === undefined ? {} : { source }),
  };
  const trackers = tiers.filter((tier) => tier.length > 0);
  return encode({
    announce: trackers[0]?.[0],
    'announce-list': trackers.flat().length > 1 ? trackers : undefined,
    comment,
    'created by': createdBy,
    'creation date': createdAt === undefined ? undefined : Math.floor(createdAt.getTime() / 1000),
    info,
    'url-list': webSeeds.length > 0 ? webSeeds : undefined,
  });
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

function layOut(pieceLength: number, totalLength: number): PieceLayout {
  if (!Number.isSafeInteger(pieceLength) || pieceLength < 1 || pieceLength > MAX_PIECE_LENGTH) {
    throw new RangeError(
      `Cannot create torrent with pieceLength ${pieceLength}: it must be a whole number of 1 to ${MAX_PIECE_LENGTH}`,
    );
  }
  if (totalLength === 0)
    throw new RangeError('Cannot create torrent: there are no bytes, expected at least one');
  const layout = new PieceLayout({ pieceLength, totalLength });
  if (layout.pieceCount > MAX_PIECES) {
    throw new RangeError(
      `Cannot create torrent of ${layout.pieceCount} pieces: at most ${MAX_PIECES} can be read`,
    );
  }
  return layout;
}

function checkFiles(files: readonly InputFile[], name: string): void {
  if (files.length > MAX_FILES) {
    throw new RangeError(`Cannot create torrent of ${files.length} files: at most ${MAX_FILES} can be read`);
  }
  checkComponent(name);
  const paths = new Set<string>();
  for (const { path, length } of files) {
    const shown = quote(path.join('/'));
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`Cannot create torrent with ${shown}: its length ${length} is no number of bytes`);
    }
    if (path.length === 0 && files.length > 1) {
      throw new RangeError('Cannot create torrent: a file has no path, which only the sole file may');
    }
    if (path.length > MAX_PATH_DEPTH) {
      throw new RangeError(
        `Cannot create torrent with ${shown}: it is deeper than ${MAX_PATH_DEPTH} folders`,
      );
    }
    for (const component of path) checkComponent(component);
    const key = path.join('/');
    if (paths.has(key)) throw new RangeError(`Cannot create torrent with ${shown}: it is there twice`);
    paths.add(key);
  }
}

function checkComponent(component: string): void {
  const isUsable = component !== '' && component !== '.' && component !== '..' && !/[/\0]/.test(component);
  if (!isUsable || !component.isWellFormed()) {
    throw new RangeError(`Cannot create torrent with the name ${quote(component)}: no reader would take it`);
  }
}
