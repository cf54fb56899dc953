import { type Encodable, encode } from '@millrace/bencode';
import { type FileEntry, isPaddingFile, type PaddingFile, withPadding } from './input-file.ts';
import { MAX_FILES, MAX_PATH_DEPTH, MAX_PIECE_LENGTH, MAX_PIECES, MAX_TORRENT_BYTES } from './limits.ts';
import type { MetainfoVersion } from './metainfo.ts';
import { choosePieceLength } from './piece-length.ts';
import { PieceLayout } from './piece-layout.ts';
import { quote } from './quote.ts';

/** What a torrent says besides its files. Nothing is added that is not given: the same input gives the same bytes. */
export interface TorrentFields {
  /** Name of the file if its path is empty, else of the folder that holds all files. */
  readonly name: string;
  /** @defaultValue 'v1' */
  readonly version?: MetainfoVersion;
  /** Size of a piece in bytes. @defaultValue what `choosePieceLength` says */
  readonly pieceLength?: number;
  /** Whether each file begins with a piece of its own, by padding before it (BEP 47). @defaultValue false */
  readonly hasPadding?: boolean;
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
}

/** A torrent of which only the hashes are missing. */
export interface TorrentPlan<F> {
  /** The files in the order in which they are hashed, padding included. */
  readonly files: readonly (F | PaddingFile)[];
  readonly pieceLength: number;
  readonly layout: PieceLayout;
  /** Writes the torrent. @param hashes - 20 bytes for each piece. */
  toBytes(hashes: Uint8Array): Uint8Array<ArrayBuffer>;
}

const HASH_LENGTH = 20;

/**
 * Lays a torrent out.
 *
 * @throws {RangeError} if names, lengths or options cannot make a torrent others can read.
 */
export function planTorrent<F extends FileEntry>(files: readonly F[], fields: TorrentFields): TorrentPlan<F> {
  const { name, createdAt, hasPadding = false } = fields;
  checkFiles(files, name);
  if (createdAt !== undefined && !(createdAt.getTime() >= 0)) {
    throw new RangeError('Cannot create torrent: createdAt is no date, or one before 1970');
  }
  const pieceLength = fields.pieceLength ?? choosePieceLength(totalOf(files));
  checkPieceLength(pieceLength);
  const isSingleFile = files[0]?.path.length === 0;
  const planned = hasPadding && !isSingleFile ? withPadding(files, pieceLength) : files;
  const layout = layOut(pieceLength, totalOf(planned));
  const toBytes = (hashes: Uint8Array): Uint8Array<ArrayBuffer> =>
    write(planned, pieceLength, hashes, fields);
  checkSize(planned, layout, toBytes);
  return { files: planned, pieceLength, layout, toBytes };
}

function write(
  files: readonly FileEntry[],
  pieceLength: number,
  pieces: Uint8Array,
  fields: TorrentFields,
): Uint8Array<ArrayBuffer> {
  const { name, isPrivate = false, source, comment, createdBy, createdAt, tiers, webSeeds } = fields;
  const [first] = files;
  const info: Encodable = {
    name,
    'piece length': pieceLength,
    pieces,
    ...(first?.path.length === 0
      ? { length: first.length }
      : {
          files: files.map((file) => ({
            length: file.length,
            path: file.path,
            attr: isPaddingFile(file) ? 'p' : undefined,
          })),
        }),
    private: isPrivate ? 1 : undefined,
    source,
  };
  return encode({
    ...trackerFields(tiers ?? []),
    comment,
    'created by': createdBy,
    'creation date': createdAt === undefined ? undefined : Math.floor(createdAt.getTime() / 1000),
    info,
    'url-list': webSeedField(webSeeds ?? []),
  });
}

/** Writes trackers as BEP 12 has it: `announce` is the first, the list is there if there are more. */
export function trackerFields(tiers: readonly (readonly string[])[]): {
  readonly announce: string | undefined;
  readonly 'announce-list': readonly (readonly string[])[] | undefined;
} {
  const filled = tiers.filter((tier) => tier.length > 0);
  return {
    announce: filled[0]?.[0],
    'announce-list': filled.flat().length > 1 ? filled : undefined,
  };
}

/** Writes URLs of `url-list` (BEP 19). */
export function webSeedField(webSeeds: readonly string[]): readonly string[] | undefined {
  return webSeeds.length > 0 ? webSeeds : undefined;
}

/** Refuses a torrent that no one would read, before anything is hashed. */
function checkSize(
  files: readonly FileEntry[],
  { pieceCount }: PieceLayout,
  toBytes: (hashes: Uint8Array) => Uint8Array,
): void {
  // Most are far from it, and a bound costs less than to write them.
  const names = files.reduce(
    (sum, { path }) => sum + path.reduce((bytes, { length }) => bytes + 3 * length + 16, 64),
    0,
  );
  if (pieceCount * HASH_LENGTH + names < MAX_TORRENT_BYTES / 2) return;
  const { length } = toBytes(new Uint8Array(pieceCount * HASH_LENGTH));
  if (length > MAX_TORRENT_BYTES) {
    throw new RangeError(
      `Cannot create torrent of ${length} bytes: at most ${MAX_TORRENT_BYTES} are read, longer pieces make it shorter`,
    );
  }
}

function totalOf(files: readonly FileEntry[]): number {
  return files.reduce((sum, file) => sum + file.length, 0);
}

function checkPieceLength(pieceLength: number): void {
  if (!Number.isSafeInteger(pieceLength) || pieceLength < 1 || pieceLength > MAX_PIECE_LENGTH) {
    throw new RangeError(
      `Cannot create torrent with pieceLength ${pieceLength}: it must be a whole number of 1 to ${MAX_PIECE_LENGTH}`,
    );
  }
}

function layOut(pieceLength: number, totalLength: number): PieceLayout {
  if (totalLength === 0)
    throw new RangeError('Cannot create torrent: there are no bytes, expected at least one');
  const layout = new PieceLayout({ pieceLength, totalLength });
  if (layout.pieceCount > MAX_PIECES) {
    throw new RangeError(
      `Cannot create torrent of ${layout.pieceCount} pieces: at most ${MAX_PIECES} can be read, longer pieces make fewer`,
    );
  }
  return layout;
}

function checkFiles(files: readonly FileEntry[], name: string): void {
  if (files.length > MAX_FILES) {
    throw new RangeError(`Cannot create torrent of ${files.length} files: at most ${MAX_FILES} can be read`);
  }
  checkComponent(name);
  const paths = new Set<string>();
  for (const { path, length } of files) {
    const key = path.join('/');
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(
        `Cannot create torrent with ${quote(key)}: its length ${length} is no number of bytes`,
      );
    }
    if (path.length === 0 && files.length > 1) {
      throw new RangeError('Cannot create torrent: a file has no path, which only the sole file may');
    }
    if (path.length > MAX_PATH_DEPTH) {
      throw new RangeError(
        `Cannot create torrent with ${quote(key)}: it is deeper than ${MAX_PATH_DEPTH} folders`,
      );
    }
    for (const component of path) checkComponent(component);
    if (paths.has(key)) throw new RangeError(`Cannot create torrent with ${quote(key)}: it is there twice`);
    paths.add(key);
  }
}

function checkComponent(component: string): void {
  const isUsable = component !== '' && component !== '.' && component !== '..' && !/[/\0]/.test(component);
  if (!isUsable || !component.isWellFormed()) {
    throw new RangeError(`Cannot create torrent with the name ${quote(component)}: no reader would take it`);
  }
}
