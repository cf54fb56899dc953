import { formatInfoHash, type Metainfo, type TorrentFile } from '@millrace/metainfo';
import type { Context } from '../context.ts';
import { foreign } from '../escape.ts';
import { toHex } from '../hex.ts';
import { JSON_SCHEMA, toJson } from '../json-lines.ts';
import { loadMetainfo } from '../load-metainfo.ts';
import { readSource } from '../source.ts';
import type { SourceFlags } from '../source-options.ts';
import { countOf, formatBytes } from '../units.ts';

export interface InfoFlags extends SourceFlags {
  readonly json?: boolean;
}

const HASH_LENGTH = 20;
/** A tracker's URL is shown whole: it is what people copy from here. */
const MAX_URL_CODE_POINTS = 2048;

/** Prints what a torrent says. The first lines are those that every such tool prints; the rest is for people. */
export async function infoCommand(torrent: string, flags: InfoFlags, context: Context): Promise<void> {
  const source = await readSource(torrent, context, flags);
  const metainfo = await loadMetainfo(source, flags, context);
  if (flags.json === true) context.out.line(toJson(toObject(metainfo)));
  else context.out.lines([...classicLines(metainfo), ...detailLines(metainfo)]);
}

function classicLines(metainfo: Metainfo): string[] {
  return [
    `Tracker URL: ${foreign(metainfo.tiers[0]?.[0] ?? 'none', MAX_URL_CODE_POINTS)}`,
    `Length: ${metainfo.layout.totalLength}`,
    `Info Hash: ${formatInfoHash(metainfo.infoHash)}`,
    `Piece Length: ${metainfo.pieceLength}`,
    'Piece Hashes:',
    ...hashLines(metainfo),
  ];
}

function detailLines(metainfo: Metainfo): string[] {
  const { layout, tiers, files } = metainfo;
  const lines = [
    `Name: ${foreign(metainfo.name)}`,
    `Size: ${formatBytes(layout.totalLength)} in ${countOf(layout.pieceCount, 'piece')}`,
  ];
  if (metainfo.isPrivate) lines.push('Private: peers from its trackers only');
  if (metainfo.comment !== undefined) lines.push(`Comment: ${foreign(metainfo.comment)}`);
  if (metainfo.source !== undefined) lines.push(`Source: ${foreign(metainfo.source)}`);
  if (metainfo.createdBy !== undefined) lines.push(`Created By: ${foreign(metainfo.createdBy)}`);
  if (metainfo.createdAt !== undefined) lines.push(`Created At: ${metainfo.createdAt.toISOString()}`);
  for (const url of tiers.flat().slice(1))
    lines.push(`Further Tracker: ${foreign(url, MAX_URL_CODE_POINTS)}`);
  for (const url of metainfo.webSeeds) lines.push(`Web Seed: ${foreign(url, MAX_URL_CODE_POINTS)}`);
  for (const url of metainfo.httpSeeds) lines.push(`HTTP Seed: ${foreign(url, MAX_URL_CODE_POINTS)}`);
  for (const { host, port } of metainfo.nodes) lines.push(`DHT Node: ${foreign(host)} port ${port}`);
  for (const issue of metainfo.issues) lines.push(`Issue: ${foreign(issue.message)}`);
  const shown = files.filter((file) => !file.isPadding);
  const width = Math.max(0, ...shown.slice(0, 1000).map((file) => String(file.length).length));
  lines.push(
    'Files:',
    ...shown.map((file) => `${String(file.length).padStart(width)}  ${shownPath(file, metainfo)}`),
  );
  return lines;
}

/** Each component is bounded and escaped by itself; a single file is the torrent's name. */
function shownPath(file: TorrentFile, metainfo: Metainfo): string {
  const components = metainfo.isSingleFile ? [metainfo.name] : file.path;
  return components.map((component) => foreign(component)).join('/');
}

function toObject(metainfo: Metainfo): object {
  return {
    schema: JSON_SCHEMA,
    name: metainfo.name,
    infoHash: formatInfoHash(metainfo.infoHash),
    length: metainfo.layout.totalLength,
    pieceLength: metainfo.pieceLength,
    pieceCount: metainfo.layout.pieceCount,
    private: metainfo.isPrivate,
    comment: metainfo.comment,
    createdBy: metainfo.createdBy,
    createdAt: metainfo.createdAt?.toISOString(),
    source: metainfo.source,
    trackers: metainfo.tiers,
    webSeeds: metainfo.webSeeds,
    httpSeeds: metainfo.httpSeeds,
    nodes: metainfo.nodes,
    issues: metainfo.issues,
    files: metainfo.files
      .filter((file) => !file.isPadding)
      .map((file) => ({
        number: file.index + 1,
        path: metainfo.isSingleFile ? [metainfo.name] : file.path,
        length: file.length,
      })),
    pieceHashes: hashLines(metainfo),
  };
}

function hashLines({ pieceHashes, layout }: Metainfo): string[] {
  return Array.from({ length: layout.pieceCount }, (_, index) =>
    toHex(pieceHashes.subarray(index * HASH_LENGTH, (index + 1) * HASH_LENGTH)),
  );
}
