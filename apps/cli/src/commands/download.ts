import type { Download, DownloadOptions, DownloadSummary } from '@millrace/downloader/node';
import { formatInfoHash, type Metainfo } from '@millrace/metainfo';
import type { Context } from '../context.ts';
import { downloadTarget } from '../download-target.ts';
import { EXIT_CODE, exitCodeOf } from '../exit-code.ts';
import { Interruption } from '../interruption.ts';
import { JsonLines } from '../json-lines.ts';
import { errorObject, JsonView } from '../progress/json-view.ts';
import { PlainView } from '../progress/plain-view.ts';
import { type ProgressView, SILENT_VIEW, TICK_MS } from '../progress/progress-view.ts';
import { readTorrent } from '../read-torrent.ts';
import { shellQuote } from '../shell-quote.ts';
import { type SourceFlags, toSwarmOptions } from '../source-options.ts';
import { looksOf } from '../terminal.ts';
import { formatBytes, formatPercent, shareOf } from '../units.ts';

export interface DownloadFlags extends SourceFlags {
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Downloads a torrent, shows how it goes, and prints where it is. Running it again goes on where it stopped. */
export async function downloadCommand(
  torrent: string,
  flags: DownloadFlags,
  context: Context,
): Promise<number> {
  const json = flags.json === true ? new JsonLines(context.out) : undefined;
  try {
    const options = { ...toSwarmOptions(flags), overwrite: flags.overwrite === true };
    const metainfo = await readTorrent(torrent, context);
    const path = await downloadTarget(metainfo, flags.output);
    const view = await openView(flags, context, json);
    const summary = await run(metainfo, { ...options, path }, view, context);
    if (json === undefined) context.out.line(path);
    else json.write({ event: 'done', ...summary });
    return EXIT_CODE.ok;
  } catch (error) {
    const isStopped = error instanceof Interruption;
    const exitCode = isStopped ? EXIT_CODE.unfinished : exitCodeOf(error);
    const failure = isStopped ? { code: 'INTERRUPTED', message: error.message } : errorObject(error);
    json?.write({ event: 'failed', ...failure, exitCode });
    if (!isStopped) throw error;
    sayHowToGoOn(torrent, context);
    return exitCode;
  }
}

async function openView(
  flags: DownloadFlags,
  context: Context,
  json: JsonLines | undefined,
): Promise<ProgressView> {
  if (json !== undefined) return new JsonView(json);
  if (flags.quiet === true) return SILENT_VIEW;
  const isVerbose = flags.verbose === true;
  const { stderr, environment } = context.terminal;
  const looks = looksOf(stderr, environment);
  if (!looks.canRedraw) return new PlainView(context.err, isVerbose);
  const { openLiveView } = await import('../progress/live-view.ts');
  return openLiveView(stderr, looks, isVerbose);
}

async function run(
  metainfo: Metainfo,
  options: DownloadOptions & { readonly path: string },
  view: ProgressView,
  { layers, signal, err }: Context,
): Promise<DownloadSummary> {
  const { download } = await layers.downloader();
  signal.throwIfAborted();
  const { name, layout } = metainfo;
  const infoHash = formatInfoHash(metainfo.infoHash);
  view.start(
    { name, infoHash, bytes: layout.totalLength, pieceCount: layout.pieceCount, path: options.path },
    performance.now(),
  );
  await using running = download(metainfo, { ...options, signal, onEvent: (event) => view.event(event) });
  const onAbort = (): void => {
    view.stopping();
    view.tick(running, performance.now());
  };
  const timer = setInterval(() => view.tick(running, performance.now()), TICK_MS);
  signal.addEventListener('abort', onAbort, { once: true });
  let summary: DownloadSummary | undefined;
  try {
    summary = await running.done;
    return summary;
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', onAbort);
    view.end(summary);
    if (summary === undefined && isStoppedByUser(signal)) err.line(hereText(running));
  }
}

function hereText(running: Download): string {
  const { bytesHave, bytesTotal } = running.statistics();
  const share = formatPercent(shareOf(bytesHave, bytesTotal));
  return `Stopped at ${share}: ${formatBytes(bytesHave)} of ${formatBytes(bytesTotal)} is here and checked.`;
}

/** Says how to go on; not to someone who closed the output and looks at something else. */
function sayHowToGoOn(torrent: string, { err, argv, signal }: Context): void {
  if (!isStoppedByUser(signal)) return;
  const source = torrent === '-' ? ', with the same torrent on standard input' : '';
  err.line(`To go on, run this again${source}:`);
  err.line(`  ${shellQuote(['millrace', ...argv])}`);
}

function isStoppedByUser({ reason }: AbortSignal): boolean {
  return reason instanceof Interruption && reason.interruptedBy !== 'OUTPUT_CLOSED';
}
