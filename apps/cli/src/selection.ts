import type { FileRange, Metainfo, TorrentFile } from '@millrace/metainfo';
import { foreign } from './escape.ts';
import { compileGlob } from './glob.ts';
import type { Source } from './source.ts';
import { countOf } from './units.ts';
import { UsageError } from './usage-error.ts';

export interface SelectionFlags {
  readonly select?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Returns the indexes of the files to download, or `undefined` for all. */
export type Select = (metainfo: Metainfo) => readonly number[] | undefined;

type Match = (file: TorrentFile, path: string) => boolean;

interface Pattern {
  readonly text: string;
  readonly ranges: readonly FileRange[];
  readonly matches: Match;
}

const NUMBERS = /^\d{1,15}(?:-\d{1,15})?(?:,\d{1,15}(?:-\d{1,15})?)*$/u;

/**
 * Makes of `--select` and `--exclude` what picks files once they are known. What a magnet link selects counts where
 * `--select` is not given.
 *
 * @throws {UsageError} if a pattern cannot be one; the result throws it if a pattern of `--select` matches no file, a number
 * is out of range, or nothing is left.
 */
export async function selectionOf(flags: SelectionFlags, source: Source): Promise<Select> {
  const link = source.type === 'magnet' ? source.magnet.selection : undefined;
  const { select, exclude = [] } = flags;
  if (select === undefined && exclude.length === 0 && link === undefined) return () => undefined;
  const wanted = select === undefined ? linkPatterns(link) : await toPatterns(select);
  const unwanted = await toPatterns(exclude);
  return (metainfo) => pick(metainfo, wanted, unwanted);
}

/** Whether somebody says which files to download, now or in the link. */
export function isSelectionGiven({ select, exclude }: SelectionFlags, source: Source): boolean {
  const link = source.type === 'magnet' ? source.magnet.selection : undefined;
  return select !== undefined || exclude !== undefined || link !== undefined;
}

/** Returns a file's path as it is matched and listed, with `/` between components; not escaped. */
export function pathOf(file: TorrentFile, metainfo: Metainfo): string {
  return (metainfo.isSingleFile ? [metainfo.name] : file.path).join('/');
}

function pick(metainfo: Metainfo, wanted: readonly Pattern[], unwanted: readonly Pattern[]): number[] {
  const files = metainfo.files
    .filter((file) => !file.isPadding)
    .map((file) => ({ file, path: pathOf(file, metainfo) }));
  for (const { ranges } of [...wanted, ...unwanted]) checkRanges(ranges, metainfo.files.length);
  const selected = new Set<number>();
  for (const { text, matches } of wanted) {
    const found = files.filter(({ file, path }) => matches(file, path));
    if (found.length === 0) throw noMatch(text, files.length);
    for (const { file } of found) selected.add(file.index);
  }
  const left = files.filter(
    ({ file, path }) =>
      (wanted.length === 0 || selected.has(file.index)) &&
      !unwanted.some(({ matches }) => matches(file, path)),
  );
  if (left.length > 0) return left.map(({ file }) => file.index);
  throw new UsageError('Cannot select files: none is left after --exclude; see them with --list');
}

function noMatch(text: string, count: number): UsageError {
  const known = `none of the ${countOf(count, 'file')} matches; see them with --list`;
  return new UsageError(`Cannot select "${foreign(text)}": ${known}`);
}

function checkRanges(ranges: readonly FileRange[], count: number): void {
  for (const { first, last } of ranges) {
    const wrong = first < 1 ? first : last > count ? last : undefined;
    if (wrong === undefined) continue;
    throw new UsageError(`Cannot select file ${wrong}: they go from 1 to ${count}; see them with --list`);
  }
}

/** A link counts files from 0, and what it says beyond the last one is no one's fault here. */
function linkPatterns(ranges: readonly FileRange[] | undefined): Pattern[] {
  if (ranges === undefined) return [];
  const matches: Match = ({ index }) => ranges.some(({ first, last }) => first <= index && index <= last);
  return [{ text: "the link's own files", ranges: [], matches }];
}

async function toPatterns(texts: readonly string[]): Promise<Pattern[]> {
  return Promise.all(texts.map((text) => toPattern(text)));
}

async function toPattern(text: string): Promise<Pattern> {
  return NUMBERS.test(text) ? numberPattern(text) : globPattern(text);
}

function numberPattern(text: string): Pattern {
  const ranges = text.split(',').map((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    if (first <= last) return { first, last };
    throw new UsageError(`Cannot select files ${part}: a range must go up`);
  });
  const matches: Match = ({ index }) =>
    ranges.some(({ first, last }) => first <= index + 1 && index + 1 <= last);
  return { text, ranges, matches };
}

async function globPattern(text: string): Promise<Pattern> {
  try {
    const isMatch = await compileGlob(text);
    return { text, ranges: [], matches: (_, path) => isMatch(path) };
  } catch (error) {
    throw new UsageError(`Cannot select "${foreign(text)}": it must be a number, a range or a pattern`, {
      cause: error,
    });
  }
}
