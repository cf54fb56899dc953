import path from 'node:path';
import { formatInfoHash, type Metainfo, parseMetainfo } from '@millrace/metainfo';
import { createTorrentFrom, filesFrom, type FilesFrom, type LeftOut } from '@millrace/metainfo/node';
import type { Context } from '../context.ts';
import { creationDate } from '../creation-date.ts';
import { foreign } from '../escape.ts';
import { JSON_SCHEMA, toJson } from '../json-lines.ts';
import { compileIgnores } from '../ignores.ts';
import { openWorkView } from '../progress/work-view.ts';
import { checkOutput, mayReplace, type TorrentOutputFlags } from '../torrent-output.ts';
import { countOf, formatBytes } from '../units.ts';
import { UsageError } from '../usage-error.ts';
import { fileTarget, refuseExisting, writeFileWhole } from '../write-file.ts';

export interface CreateFlags extends TorrentOutputFlags {
  readonly tracker?: readonly (readonly string[])[];
  readonly webSeed?: readonly string[];
  readonly pieceLength?: number;
  readonly private?: boolean;
  readonly comment?: string;
  readonly source?: string;
  readonly name?: string;
  readonly createdBy?: string;
  /** `false` for `--no-date`. */
  readonly date?: boolean;
  readonly ignore?: readonly string[];
  readonly pad?: boolean;
  readonly threads?: number;
  readonly quiet?: boolean;
}

/** What was left out without being asked is named, up to as many. */
const MAX_NAMED = 20;

/** Makes a torrent of a file or folder, and prints where it is. */
export async function createCommand(source: string, flags: CreateFlags, context: Context): Promise<void> {
  const { out, signal, terminal } = context;
  checkOutput(flags, context);
  const createdAt = creationDate(flags.date, terminal.environment, Date.now());
  const target = await targetOf(source, flags);
  if (target !== undefined && !mayReplace(flags)) await refuseExisting(target);
  const isIgnored = await compileIgnores(flags.ignore ?? []);
  // A torrent that lies among the files must not be part of itself.
  const own = target === undefined ? undefined : path.relative(source, target).split(path.sep).join('/');
  const found = await filesFrom(source, {
    signal,
    isIgnored: (components, isFolder) => components.join('/') === own || isIgnored(components, isFolder),
  });
  const bytes = await create(found, flags, createdAt, context);
  tellLeftOut(found.leftOut, context);
  if (target === undefined) {
    terminal.stdout.writeBytes(bytes);
    return;
  }
  signal.throwIfAborted();
  await writeFileWhole(target, bytes, { overwrite: mayReplace(flags) });
  const metainfo = parseMetainfo(bytes);
  if (flags.quiet !== true) context.err.line(summaryOf(metainfo));
  out.line(flags.json === true ? toJson(toObject(target, metainfo, found.leftOut)) : target);
}

async function targetOf(source: string, { stdout, output, name }: CreateFlags): Promise<string | undefined> {
  if (stdout === true) return undefined;
  return fileTarget(output, `${path.basename(name ?? path.resolve(source))}.torrent`);
}

async function create(
  found: FilesFrom,
  flags: CreateFlags,
  createdAt: Date | undefined,
  context: Context,
): Promise<Uint8Array> {
  const { name = found.name, pieceLength, threads, comment, source, createdBy } = flags;
  const view = openWorkView(foreign(name), flags.quiet === true, context, performance.now());
  try {
    return await createTorrentFrom(found, {
      name,
      tiers: flags.tracker ?? [],
      webSeeds: flags.webSeed ?? [],
      isPrivate: flags.private === true,
      hasPadding: flags.pad === true,
      ...(pieceLength !== undefined && { pieceLength }),
      ...(threads !== undefined && { threads }),
      ...(comment !== undefined && { comment }),
      ...(source !== undefined && { source }),
      ...(createdBy !== undefined && { createdBy }),
      ...(createdAt !== undefined && { createdAt }),
      signal: context.signal,
      onProgress: ({ hashedBytes, totalBytes }) => view.update(hashedBytes, totalBytes, performance.now()),
    });
  } catch (error) {
    // Names and sizes come from the command line, and from the folder that it names.
    throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
  } finally {
    view.end();
  }
}

/** Says what a torrent lacks that someone may have expected in it; what was ignored was asked for. */
function tellLeftOut(leftOut: readonly LeftOut[], { err }: Context): void {
  const unasked = leftOut.filter(({ reason }) => reason !== 'ignored');
  for (const { path: components, reason } of unasked.slice(0, MAX_NAMED)) {
    err.line(`Left out: ${components.map((component) => foreign(component)).join('/')} (${reason})`);
  }
  if (unasked.length > MAX_NAMED) err.line(`Left out: ${unasked.length - MAX_NAMED} more; --json lists all`);
}

function summaryOf({ layout, files, pieceLength, infoHash }: Metainfo): string {
  const count = countOf(files.filter((file) => !file.isPadding).length, 'file');
  const pieces = `${countOf(layout.pieceCount, 'piece')} of ${formatBytes(pieceLength)}`;
  return `${count}, ${formatBytes(layout.totalLength)} in ${pieces}, info hash ${formatInfoHash(infoHash)}`;
}

function toObject(target: string, metainfo: Metainfo, leftOut: readonly LeftOut[]): object {
  const { name, layout, files, pieceLength, infoHash } = metainfo;
  return {
    schema: JSON_SCHEMA,
    path: path.resolve(target),
    name,
    infoHash: formatInfoHash(infoHash),
    length: layout.totalLength,
    pieceLength,
    pieceCount: layout.pieceCount,
    files: files.filter((file) => !file.isPadding).length,
    leftOut,
  };
}
