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

export type LocalNameSource = Pick<Metainfo, 'infoHash' | 'nameBytes' | 'isSingleFile'>;
export type LocalPathSource = LocalNameSource & Pick<Metainfo, 'files'>;

/** A torrent that repeats one path more often than this is no accident. */
const MAX_DUPLICATES = 500;

interface Placement {
  readonly file: TorrentFile;
  /** Among all files. */
  readonly index: number;
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
  const rootName = toLocalName(metainfo, options);
  if (metainfo.isSingleFile) return { name: rootName, paths: metainfo.files.map(() => []) };
  const root = new Folder([]);
  const placements = metainfo.files.map((file, index): Placement => {
    const components = file.pathBytes;
    const last = components.length - 1;
    let folder = root;
    for (let depth = 0; depth < last; depth += 1) {
      folder = folder.open(safeName(components[depth], platform, MAX_COMPONENT_LENGTH));
    }
    const name = safeName(components[last], platform, MAX_FILE_NAME_LENGTH);
    const placement = { file, index, folder, name };
    if (isRefused) refuseChanges(placement, components, platform);
    return placement;
  });
  return { name: rootName, paths: placeFiles(placements, isRefused) };
}

/**
 * Makes the `name` of {@link toLocalPaths}, without a look at the files: there may be a million.
 *
 * @throws {MetainfoError} `INVALID_PATH` where `onUnsafe` is `'refuse'`.
 */
export function toLocalName(metainfo: LocalNameSource, options: LocalPathOptions = {}): string {
  const { infoHash, nameBytes, isSingleFile } = metainfo;
  const { platform = 'posix', onUnsafe = 'rename' } = options;
  const name = safeComponent(nameBytes, platform, isSingleFile ? MAX_FILE_NAME_LENGTH : MAX_COMPONENT_LENGTH);
  const given = toText(nameBytes);
  if (onUnsafe === 'refuse' && name !== given) {
    throw new MetainfoError({ code: 'INVALID_PATH', field: 'info.name', component: given });
  }
  // A name of which nothing is left ("", "..", "/") would be the same for every such torrent.
  return /^_*$/.test(name) && !/^_+$/.test(given) ? formatInfoHash(infoHash) : name;
}

function safeName(bytes: Uint8Array | undefined, platform: PathPlatform, maxBytes: number): string {
  if (bytes === undefined) throw new RangeError('Cannot place a file of many: its path has no components');
  return safeComponent(bytes, platform, maxBytes);
}

/** @throws {MetainfoError} unless the file would be where its path says, to the letter. */
function refuseChanges(
  { file, folder, name }: Placement,
  components: readonly Uint8Array[],
  platform: PathPlatform,
): void {
  const placed = [...folder.path, name];
  for (const [depth, bytes] of components.entries()) {
    const component = toText(bytes);
    if (component === placed[depth]) continue;
    const field = fieldOf(file, depth);
    // A name that is safe by itself was spelled otherwise by a folder before it.
    if (safeComponent(bytes, platform, MAX_COMPONENT_LENGTH) === component && depth < folder.path.length) {
      throw new MetainfoError({ code: 'DUPLICATE_PATH', field, path: file.path });
    }
    throw new MetainfoError({ code: 'INVALID_PATH', field, component });
  }
}

function placeFiles(placements: readonly Placement[], isRefused: boolean): readonly (readonly string[])[] {
  const paths = Array.from<readonly string[]>({ length: placements.length });
  let duplicates = 0;
  const place = ({ file, index, folder, name }: Placement): void => {
    const claim = folder.take(name);
    if (claim === 'duplicate' && !file.isPadding) duplicates += 1;
    if (claim !== 'free' && !file.isPadding && (isRefused || duplicates > MAX_DUPLICATES)) {
      throw new MetainfoError({ code: 'DUPLICATE_PATH', field: fieldOf(file), path: file.path });
    }
    paths[index] = [...folder.path, claim === 'free' ? name : folder.takeNumbered(name)];
  };
  // Padding is never written, and commonly repeats one name: it must not take a real file's.
  const padding: Placement[] = [];
  for (const placement of placements) {
    if (placement.file.isPadding) padding.push(placement);
    else place(placement);
  }
  for (const placement of padding) place(placement);
  return paths;
}

function fieldOf(file: TorrentFile, depth?: number): string {
  return depth === undefined ? `info.files[${file.index}].path` : `info.files[${file.index}].path[${depth}]`;
}
