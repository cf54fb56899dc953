import { join, resolve, sep } from 'node:path';
import { FileLayout, formatInfoHash, toLocalPaths, type Metainfo } from '@millrace/metainfo';
import { piecesOfFiles } from '../policy/wanted-pieces.ts';
import { NO_STATISTICS, type TransferTotals } from '../statistics.ts';
import type { ContentFile } from './content-files.ts';
import { FileStore } from './file-store.ts';
import { loadResumeState } from './last-run.ts';
import { ResumeFile } from './resume-file.ts';
import { ResumeJournal } from './resume-journal.ts';
import { ProcessLock } from './process-lock.ts';
import { copyName, resumePlace, type StatePlace } from './resume-place.ts';
import type { ResumeIdentity } from './resume-state.ts';
import { systemClock } from './system-clock.ts';
import { tidyStates } from './tidy-states.ts';

export interface ContentOptions {
  readonly path: string;
  readonly files?: readonly number[] | undefined;
  readonly onlyPieces?: readonly number[] | undefined;
  readonly overwrite?: boolean | undefined;
  /** Whether nothing is written. @defaultValue false */
  readonly isReadOnly?: boolean | undefined;
  readonly partFiles?: boolean | undefined;
  readonly state?: StatePlace | false | undefined;
  readonly recheck?: boolean | undefined;
  /** Answers with what this run has brought and given so far. */
  readonly totals: () => TransferTotals;
  readonly onFileCompleted: (fileIndex: number, path: string) => void;
  readonly onStateNotSaved: (error: unknown) => void;
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
  /** What earlier runs have brought and given. */
  readonly restored: TransferTotals;
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
  const journal = openJournal(metainfo, root, selected, options);
  const store = new FileStore({
    journal,
    lock: new ProcessLock(copyName(infoHash, root), root),
    root,
    files,
    pieceLength,
    layout,
    pieceHashes,
    // No file of the torrent has this name: its info hash would have to be known before it is made.
    partsFolder: isSingleFile ? undefined : join(root, `.${formatInfoHash(infoHash)}.parts`),
    overwrite,
    isReadOnly: options.isReadOnly,
    isNamedEarly: options.partFiles === false,
    onFileCompleted,
  });
  const wanted = selected && piecesOfFiles(fileLayout(metainfo), [...selected]);
  const paths = files.filter(({ isWanted, isPadding }) => isWanted && !isPadding).map(({ path }) => path);
  return {
    root,
    paths,
    store,
    wanted: both(wanted, onlyPieces),
    restored: journal?.restored ?? NO_STATISTICS.restored,
  };
}

/**
 * Returns the files that the last run was to download and has not; `undefined` if those were all, or it has, or nothing
 * is known of it.
 *
 * @param options - Of that download.
 */
export function rememberedFiles(
  metainfo: Metainfo,
  { path, state }: { readonly path: string; readonly state: StatePlace },
): readonly number[] | undefined {
  const { path: statePath, root } = resumePlace(state, metainfo.infoHash, resolve(path));
  const found = loadResumeState(new ResumeFile(statePath), identityOf(metainfo, root));
  return found === undefined || found.isFinished ? undefined : found.selected && [...found.selected];
}

function openJournal(
  metainfo: Metainfo,
  contentRoot: string,
  selected: ReadonlySet<number> | undefined,
  { state = false, recheck = false, isReadOnly, totals, onStateNotSaved }: ContentOptions,
): ResumeJournal | undefined {
  if (state === false) return undefined;
  const { path, root } = resumePlace(state, metainfo.infoHash, contentRoot);
  return new ResumeJournal({
    file: new ResumeFile(path),
    identity: identityOf(metainfo, root),
    selected,
    keepsSelection: isReadOnly,
    recheck,
    totals,
    onSaved: state === 'beside' ? undefined : () => tidyStates(state.folder, Date.now()),
    onError: onStateNotSaved,
    clock: systemClock,
    intervalMs: state === 'beside' ? undefined : state.intervalMs,
  });
}

function identityOf({ infoHash, layout, files }: Metainfo, root: string): ResumeIdentity {
  const { pieceCount, totalLength } = layout;
  return { infoHash, root, pieceCount, totalLength, fileCount: files.length };
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
  const folder = root.endsWith(sep) ? root : `${root}${sep}`;
  return metainfo.files.map((file, index) => {
    // Put together by hand: there may be a million, and nothing in them needs to be normalised.
    const path = metainfo.isSingleFile ? root : `${folder}${(paths[index] ?? []).join(sep)}`;
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
