import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DownloadError } from '@millrace/downloader';
import { type Metainfo, sha1 } from '@millrace/metainfo';
import type { Context } from '../context.ts';
import { loadMetainfo, tellTrouble } from '../load-metainfo.ts';
import { proxyFor } from '../proxy.ts';
import { readSource, trackersOf } from '../source.ts';
import { toDiscovery } from '../discovery-options.ts';
import { type SourceFlags, toSwarmOptions } from '../source-options.ts';
import { UsageError } from '../usage-error.ts';

export interface DownloadPieceFlags extends SourceFlags {
  readonly output: string;
  readonly overwrite?: boolean;
}

const HASH_LENGTH = 20;

/** Fetches one piece, checked, into a file of its own and prints where it is. */
export async function downloadPieceCommand(
  torrent: string,
  index: number,
  flags: DownloadPieceFlags,
  context: Context,
): Promise<void> {
  const source = await readSource(torrent, context, flags);
  const metainfo = await loadMetainfo(source, flags, context);
  const { pieceCount } = metainfo.layout;
  if (index >= pieceCount) {
    const known = pieceCount === 0 ? 'the torrent has none' : `they go from 0 to ${pieceCount - 1}`;
    throw new UsageError(`Cannot download piece ${index}: ${known}`);
  }
  const { output } = flags;
  if (flags.overwrite === true || !(await isThere(output, metainfo, index))) {
    await mkdir(path.dirname(output), { recursive: true });
    const { downloadPiece } = await context.layers.downloader();
    const peers = source.type === 'magnet' ? source.magnet.peers : [];
    const options = {
      ...toSwarmOptions(flags),
      ...toDiscovery(flags, context.terminal.environment),
      portMapping: false, // it is over before anyone could call
      ...(await proxyFor(flags.proxy, context)),
      trackers: trackersOf(source, flags.tracker),
    };
    const piece = await downloadPiece(metainfo, index, {
      ...options,
      ...(peers.length > 0 && { peers: [...(options.peers ?? []), ...peers] }),
      signal: context.signal,
      onEvent: (event) => tellTrouble(event, context),
    });
    await writeWhole(output, piece);
  }
  context.out.line(output);
}

/**
 * Tells whether that very piece is at `output` already.
 *
 * @throws {DownloadError} `EXISTS` if anything else is.
 */
async function isThere(output: string, metainfo: Metainfo, index: number): Promise<boolean> {
  const found = await stat(output).catch(() => undefined);
  if (found === undefined) return false;
  if (found.isFile() && found.size === metainfo.layout.pieceLength(index)) {
    const expected = metainfo.pieceHashes.subarray(index * HASH_LENGTH, (index + 1) * HASH_LENGTH);
    const actual = sha1(await readFile(output));
    if (actual.every((byte, at) => byte === expected[at])) return true;
  }
  throw new DownloadError({
    code: 'EXISTS',
    path: output,
    found: found.isFile() ? 'another file' : 'no file',
  });
}

/** Gives the file its name only when it is whole. */
async function writeWhole(output: string, piece: Uint8Array): Promise<void> {
  const unfinished = `${output}.part`;
  try {
    await writeFile(unfinished, piece);
    await rename(unfinished, output);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
