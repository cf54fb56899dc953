import { formatInfoHash, type Metainfo } from '@millrace/metainfo';
import { type CheckedFile, type CheckedRange, type Verification, verifyFiles } from '@millrace/metainfo/node';
import type { Context } from '../context.ts';
import { downloadTarget } from '../download-target.ts';
import { foreign } from '../escape.ts';
import { EXIT_CODE } from '../exit-code.ts';
import { JSON_SCHEMA, toJson } from '../json-lines.ts';
import { openWorkView } from '../progress/work-view.ts';
import { pathOf } from '../selection.ts';
import { readSource } from '../source.ts';
import { countOf, formatBytes, formatPercent, shareOf } from '../units.ts';
import { UsageError } from '../usage-error.ts';

export interface VerifyFlags {
  readonly threads?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Ranges of a file, and files that are not of the torrent, that are named; JSON has all. */
const MAX_NAMED = 12;
const STATE_WIDTH = 'incomplete'.length;

/**
 * Checks what is on disk of a torrent, writes nothing, and prints what is wrong.
 *
 * @returns The exit code: whether all is there, something is missing, or something is wrong.
 */
export async function verifyCommand(
  torrent: string,
  path: string | undefined,
  flags: VerifyFlags,
  context: Context,
): Promise<number> {
  const source = await readSource(torrent, context);
  if (source.type === 'magnet') {
    throw new UsageError('Cannot verify by a magnet link: it has no hashes of pieces, name a .torrent file');
  }
  const { metainfo } = source;
  const verification = await verify(metainfo, downloadTarget(metainfo, path), flags, context);
  if (flags.json === true) context.out.line(toJson(toObject(metainfo, verification)));
  else context.out.lines(toLines(metainfo, verification, flags));
  if (verification.isComplete) return EXIT_CODE.ok;
  const isWrong = verification.files.some((file) => file.state === 'bad');
  return isWrong ? EXIT_CODE.checksum : EXIT_CODE.unfinished;
}

async function verify(
  metainfo: Metainfo,
  path: string,
  { threads, quiet }: VerifyFlags,
  context: Context,
): Promise<Verification> {
  const view = openWorkView(foreign(metainfo.name), quiet === true, context, performance.now());
  try {
    return await verifyFiles(metainfo, path, {
      ...(threads !== undefined && { threads }),
      signal: context.signal,
      onProgress: ({ hashedBytes, totalBytes }) => view.update(hashedBytes, totalBytes, performance.now()),
    });
  } finally {
    view.end();
  }
}

function toLines(metainfo: Metainfo, verification: Verification, { quiet, verbose }: VerifyFlags): string[] {
  const { files, extraFiles } = verification;
  const lines = files
    .filter((file) => verbose === true || file.state !== 'good')
    .map((file) => fileLine(file, metainfo, verification));
  if (quiet === true) return lines;
  for (const path of extraFiles.slice(0, MAX_NAMED)) lines.push(line('extra', shownPath(path)));
  const more = extraFiles.length - MAX_NAMED;
  if (more > 0) lines.push(line('extra', `${more} more; --json lists them`));
  return [...lines, summaryLine(metainfo, verification)];
}

function fileLine(file: CheckedFile, metainfo: Metainfo, verification: Verification): string {
  const { index, state, problem } = file;
  const named = metainfo.files[index];
  const path = named === undefined ? '' : shownPath(pathOf(named, metainfo));
  // Of what is missing as a whole, the state says it all.
  const says = problem === undefined || problem === 'missing' ? path : `${path} (${problem})`;
  const ranges = state === 'missing' ? '' : rangesText(verification.ranges(index));
  return line(state, ranges === '' ? says : `${says}: ${ranges}`);
}

function line(state: string, text: string): string {
  return `${state.padEnd(STATE_WIDTH)}  ${text}`;
}

/** Names the bytes that are not good, both ends included, as HTTP counts them. */
function rangesText(ranges: Iterable<CheckedRange>): string {
  const texts: string[] = [];
  let more = 0;
  for (const { state, begin, length } of ranges) {
    if (state === 'good') continue;
    if (texts.length < MAX_NAMED) texts.push(`${state} ${begin}-${begin + length - 1}`);
    else more += 1;
  }
  if (more > 0) texts.push(`and ${countOf(more, 'range')} more`);
  return texts.join(', ');
}

function summaryLine({ layout }: Metainfo, verification: Verification): string {
  const { files } = verification;
  if (verification.isComplete) {
    const size = `${formatBytes(layout.totalLength)} in ${countOf(layout.pieceCount, 'piece')}`;
    return `Complete: ${countOf(files.length, 'file')}, ${size}`;
  }
  const { good, bad, missing, unknown } = verification.countBytes();
  const texts = [`${formatPercent(shareOf(good, good + bad + missing + unknown))} is good`];
  if (bad > 0) texts.push(`${formatBytes(bad)} bad`);
  if (missing > 0) texts.push(`${formatBytes(missing)} missing`);
  if (unknown > 0) texts.push(`${formatBytes(unknown)} unknown for what is missing beside it`);
  const goodFiles = files.filter((file) => file.state === 'good').length;
  return `Not complete: ${goodFiles} of ${countOf(files.length, 'file')} good; ${texts.join(', ')}`;
}

function shownPath(path: string): string {
  return path
    .split('/')
    .map((component) => foreign(component))
    .join('/');
}

function toObject(metainfo: Metainfo, verification: Verification): object {
  const { files, root, extraFiles } = verification;
  return {
    schema: JSON_SCHEMA,
    name: metainfo.name,
    infoHash: formatInfoHash(metainfo.infoHash),
    path: root,
    complete: verification.isComplete,
    pieces: verification.countPieces(),
    bytes: verification.countBytes(),
    files: files.map(({ index, state, problem, bytes }) => ({
      number: index + 1,
      path: metainfo.isSingleFile ? [metainfo.name] : metainfo.files[index]?.path,
      length: metainfo.files[index]?.length,
      state,
      problem,
      bytes,
      ranges: [...verification.ranges(index)],
    })),
    extraFiles,
  };
}
