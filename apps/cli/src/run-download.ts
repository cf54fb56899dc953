import type {
  ClientOptions,
  Download,
  DownloadSummary,
  SeedingGoal,
  StatePlace,
  SwarmOptions,
} from '@millrace/downloader/node';
import { resolve } from 'node:path';
import type { DownloadEvent } from '@millrace/downloader';
import { formatInfoHash, type Metainfo } from '@millrace/metainfo';
import type { Context } from './context.ts';
import { Interruption } from './interruption.ts';
import { NoPeersError, Patience } from './patience.ts';
import { type ProgressView, TICK_MS } from './progress/progress-view.ts';
import type { Source } from './source.ts';
import { formatBytes, formatPercent, shareOf } from './units.ts';

/** Where a torrent goes, and which of its files; `undefined` is all. */
export interface Placed {
  readonly path: string;
  readonly files: readonly number[] | undefined;
}

export interface RunOptions extends SwarmOptions, ClientOptions {
  readonly overwrite: boolean;
  readonly partFiles?: boolean;
  readonly recheck?: boolean;
  /** When to stop giving; without it, the download ends when everything is here. */
  readonly seeding?: SeedingGoal;
  /** Where it is remembered what is there. */
  readonly state: StatePlace | false;
  /** Time without any peer, in milliseconds. */
  readonly timeout: number | undefined;
  /** Called once, when the torrent is known. */
  readonly place: (metainfo: Metainfo) => Placed;
}

/** Runs one download to its end, and keeps `view` up to date. */
export async function runDownload(
  source: Source,
  { timeout, place, ...options }: RunOptions,
  view: ProgressView,
  { layers, signal, err }: Context,
): Promise<{ readonly path: string; readonly summary: DownloadSummary }> {
  const { download } = await layers.downloader();
  signal.throwIfAborted();
  const stop = new AbortController();
  const common = {
    ...options,
    signal: timeout === undefined ? signal : AbortSignal.any([signal, stop.signal]),
    onEvent(event: DownloadEvent): void {
      isComplete ||= event.type === 'completed';
      view.event(event);
    },
  };
  let isComplete = false;
  let where: Placed | undefined;
  const begin = (): Download => {
    if (source.type === 'torrent') {
      const { path, files } = (where = place(source.metainfo));
      return download(source.metainfo, { ...common, path, ...(files !== undefined && { files }) });
    }
    const { magnet } = source;
    view.search({ name: magnet.name, infoHash: formatInfoHash(magnet.infoHash) }, performance.now());
    return download(magnet, {
      ...common,
      ...(timeout !== undefined && { metadataTimeoutMs: timeout }),
      path: (metainfo) => (where = place(metainfo)).path,
      files: () => where?.files,
    });
  };
  await using running = begin();
  const patience = new Patience(timeout);
  const onTick = (): void => {
    view.tick(running, performance.now());
    if (timeout === undefined) return;
    if (patience.isOver(running.statistics(), performance.now())) stop.abort(new NoPeersError(timeout));
  };
  const onAbort = (): void => {
    view.stopping();
    view.tick(running, performance.now());
  };
  const timer = setInterval(onTick, TICK_MS);
  signal.addEventListener('abort', onAbort, { once: true });
  let summary: DownloadSummary | undefined;
  try {
    // Who stops it while it only gives has got what was asked for.
    summary = await running.done.catch((error: unknown) => {
      if (isComplete && error instanceof Interruption) return summaryOf(running, where);
      throw error;
    });
    return { path: where?.path ?? summary.path, summary };
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', onAbort);
    view.end(summary);
    if (summary === undefined && isStoppedByUser(signal)) err.line(hereText(running));
  }
}

function summaryOf(running: Download, where: Placed | undefined): DownloadSummary {
  const { bytesHave: bytes, ...figures } = running.statistics();
  const { downloadedBytes, wastedBytes, uploadedBytes, durationMs } = figures;
  const path = resolve(where?.path ?? '.');
  return { path, bytes, downloadedBytes, wastedBytes, uploadedBytes, durationMs, files: [] };
}

function hereText(running: Download): string {
  const { phase, pieceCount, bytesHave, bytesTotal } = running.statistics();
  if (phase === 'metadata' || pieceCount === 0) return 'Stopped before the metadata was here.';
  const share = formatPercent(shareOf(bytesHave, bytesTotal));
  return `Stopped at ${share}: ${formatBytes(bytesHave)} of ${formatBytes(bytesTotal)} is here and checked.`;
}

function isStoppedByUser({ reason }: AbortSignal): boolean {
  return reason instanceof Interruption && reason.interruptedBy !== 'OUTPUT_CLOSED';
}
