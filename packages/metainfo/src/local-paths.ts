import { MetainfoError } from './error.ts';
import { Folder, MAX_FILE_NAME_LENGTH } from './folder.ts';
import { formatInfoHash } from './info-hash.ts';
import type { Metainfo, TorrentFile } from './metainfo.ts';
import { MAX_COMPONENT_LENGTH, type PathPlatform, safeComponent } from './safe-component.ts';
import { toText } from './text.ts';

export interface LocalPathOptions {
  /** Whose rules apply; names that are safe under `win32` are safe everywhere. @defaultValue 'posix' */
  readonly platform?: PathPlatform;
  /** What to do about a name that cannot be used as it is. @defaultValue 'rename' */
  readonly onUnsafe?: 'refuse' | 'rename';
}

export interface LocalPaths {
  /** The last component of where the content goes: a file's name, or a folder's. */
  readonly name: string;
  /** For each file of the torrent its components below that; none for a single file. */
  readonly paths: readonly (readonly string[])[];
}

export type LocalPathSource = Pick<Metainfo, 'infoHash' | 'nameBytes' | 'isSingleFile' | 'files'>;

/** A torrent that repeats one path more often than this is no accident. */
const MAX_DUPLICATES = 500;

interface Placement {
  readonly index: number;
  readonly file: TorrentFile;
  readonly folder: Folder;
  readonly name: string;
}

/**
 * Makes paths that can be joined below any folder, of names that a stranger chose. The only way from a torrent to a disk.
 *
 * Every component is safe by itself; all paths differ even where case, Unicode normalisation or invisible characters
 * do not count; no file has the name of a folder, or that of another file while it is unfinished (`.part`). Names
 * that clash are numbered (`a.1.txt`) in the order of the torrent; folders that clash become one. The same torrent
 * gives the same paths each time.
 *
 * @throws {MetainfoError} `INVALID_PATH` or `DUPLICATE_PATH` where `onUnsafe` is `'refuse'`; `DUPLICATE_PATH` always
 * if more than 500 files repeat a path exactly.
 */
export function toLocalPaths(metainfo: LocalPathSource, options: LocalPathOptions = {}): LocalPaths {
  const { platform = 'posix', onUnsafe = 'rename' } = options;
  const isRefused = onUnsafe === 'refuse';
  const component = (bytes: Uint8Array, maxBytes: number, field: () => string): string => {
    const name = safeComponent(bytes, platform, maxBytes);
    if (isRefused && name !== toText(bytes)) {
      throw new MetainfoError({ code: 'INVALID_PATH', field: field(), component: toText(bytes) });
    }
    return name;
  };

  const name = rootName(metainfo, component);
  if (metainfo.isSingleFile) return { name, paths: metainfo.files.map(() => []) };

  const root = new Folder([]);
  const placements = metainfo.files.map((file, index): Placement => {
    const last = file.pathBytes.length - 1;
    let folder = root;
    for (const [depth, bytes] of file.pathBytes.entries()) {
      const isFile = depth === last;
      const part = component(bytes, isFile ? MAX_FILE_NAME_LENGTH : MAX_COMPONENT_LENGTH, () =>
        fieldOf(file, depth),
      );
      if (isFile) return { index, file, folder, name: part };
      folder = folder.open(part);
      if (isRefused && folder.path.at(-1) !== part) {
        throw new MetainfoError({ code: 'DUPLICATE_PATH', field: fieldOf(file, depth), path: file.path });
      }
    }
    throw new RangeError(`Cannot place file ${file.index}: its path has no components`);
  });
  return { name, paths: placeFiles(placements, isRefused) };
}

function rootName(
  { infoHash, nameBytes, isSingleFile }: LocalPathSource,
  component: (bytes: Uint8Array, maxBytes: number, field: () => string) => string,
): string {
  const name = component(
    nameBytes,
    isSingleFile ? MAX_FILE_NAME_LENGTH : MAX_COMPONENT_LENGTH,
    () => 'info.name',
  );
  // A name of which nothing is left ("", "..", "/") would be the same for every such torrent.
  return /^_*$/.test(name) && !/^_+$/.test(toText(nameBytes)) ? formatInfoHash(infoHash) : name;
}

function placeFiles(placements: readonly Placement[], isRefused: boolean): readonly (readonly string[])[] {
  const paths: (readonly string[])[] = Array.from({ length: placements.length }, () => []);
  let duplicates = 0;
  const place = ({ index, file, folder, name }: Placement): void => {
    const claim = folder.take(name);
    if (claim === 'duplicate' && !file.isPadding) duplicates += 1;
    if (claim !== 'free' && !file.isPadding && (isRefused || duplicates > MAX_DUPLICATES)) {
      throw new MetainfoError({ code: 'DUPLICATE_PATH', field: fieldOf(file), path: file.path });
    }
    paths[index] = [...folder.path, claim === 'free' ? name : folder.takeNumbered(name)];
  };
  // Padding is never written, and commonly repeats one name: it must not take a real file's.
  for (const placement of placements) if (!placement.file.isPadding) place(placement);
  for (const placement of placements) if (placement.file.isPadding) place(placement);
  return paths;
}

function fieldOf(file: TorrentFile, depth?: number): string {
  return depth === undefined ? `info.files[${file.index}].path` : `info.files[${file.index}].path[${depth}]`;
}
