import { join, resolve } from 'node:path';
import { FileLayout, formatInfoHash, toLocalPaths, type Metainfo } from '@millrace/metainfo';
import { piecesOfFiles } from '../policy/wanted-pieces.ts';
import type { ContentFile } from './content-files.ts';
import { FileStore } from './file-store.ts';

export interface ContentOptions {
  readonly path: string;
  readonly files?: readonly number[] | undefined;
  readonly onlyPieces?: readonly number[] | undefined;
  readonly overwrite?: boolean | undefined;
  readonly onFileCompleted: (fileIndex: number, path: string) => void;
}

/** Where a torrent's files go, and which of its pieces they need. */
export interface Content {
  /** The file or folder that is written: an absolute path. */
  readonly root: string;
  /** Absolute paths of the wanted files, in the order of the torrent. */
  readonly paths: readonly string[];
  readonly store: FileStore;
  /** The pieces to fetch; `undefined` is all. */
  readonly wanted: readonly number[] | undefined;
}

/**
 * Places a torrent's files on the disk. Nothing is made yet.
 *
 * @throws {RangeError} if `files` is empty or names a file that is not there.
 * @throws {MetainfoError} `DUPLICATE_PATH`
 */
export function openContent(metainfo: Metainfo, options: ContentOptions): Content {
  const { onlyPieces, overwrite = false, onFileCompleted } = options;
  const { layout, pieceLength, pieceHashes, infoHash, isSingleFile } = metainfo;
  const root = resolve(options.path);
  const selected = selectedFiles(metainfo, options.files);
  const files = contentFiles(metainfo, root, selected);
  const store = new FileStore({
    root,
    files,
    pieceLength,
    layout,
    pieceHashes,
    // No file of the torrent has this name: its info hash would have to be known before it is made.
    partsFolder: isSingleFile ? undefined : join(root, `.${formatInfoHash(infoHash)}.parts`),
    overwrite,
    onFileCompleted,
  });
  const wanted = selected && piecesOfFiles(fileLayout(metainfo), [...selected]);
  const paths = files.filter(({ isWanted, isPadding }) => isWanted && !isPadding).map(({ path }) => path);
  return { root, paths, store, wanted: both(wanted, onlyPieces) };
}

/** Returns the files that are wanted, without padding; `undefined` for all. */
function selectedFiles(
  { files }: Metainfo,
  indexes: readonly number[] | undefined,
): ReadonlySet<number> | undefined {
  if (indexes === undefined) return undefined;
  if (indexes.length === 0) throw new RangeError('Cannot download no files: files is empty');
  const selected = new Set<number>();
  for (const index of indexes) {
    const file = files[index];
    if (file === undefined) {
      throw new RangeError(`Cannot download file ${index}: the torrent has ${files.length}, from 0`);
    }
    if (!file.isPadding) selected.add(index);
  }
  const isAll = files.every(({ index, isPadding }) => isPadding || selected.has(index));
  return isAll ? undefined : selected;
}

function contentFiles(
  metainfo: Metainfo,
  root: string,
  selected: ReadonlySet<number> | undefined,
): ContentFile[] {
  const platform = process.platform === 'win32' ? 'win32' : 'posix';
  const { paths } = toLocalPaths(metainfo, { platform });
  return metainfo.files.map((file, index) => {
    const path = join(root, ...(paths[index] ?? []));
    // A link is never made: what it points to could be outside.
    const isPadding = file.isPadding || file.symlink !== undefined;
    const isWanted = selected === undefined || selected.has(index);
    return { path, partPath: `${path}.part`, length: file.length, isPadding, isWanted };
  });
}

function fileLayout({ layout, files }: Metainfo): FileLayout {
  return new FileLayout(
    layout,
    files.map((file) => file.length),
  );
}

/** Returns what is in both lists; `undefined` is everything. */
function both(
  some: readonly number[] | undefined,
  others: readonly number[] | undefined,
): readonly number[] | undefined {
  if (some === undefined || others === undefined) return some ?? others;
  const known = new Set(others);
  return some.filter((index) => known.has(index));
}
