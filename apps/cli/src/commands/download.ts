import type { StatePlace } from '@millrace/downloader/node';
import { formatInfoHash, type Metainfo } from '@millrace/metainfo';
import type { Context } from '../context.ts';
import { downloadTarget } from '../download-target.ts';
import { toDiscovery } from '../discovery-options.ts';
import { EXIT_CODE, exitCodeOf } from '../exit-code.ts';
import { listFiles } from '../file-list.ts';
import { Interruption } from '../interruption.ts';
import { JsonLines } from '../json-lines.ts';
import { loadMetainfo } from '../load-metainfo.ts';
import { errorObject } from '../progress/json-view.ts';
import { openView, type ViewFlags } from '../progress/open-view.ts';
import type { ProgressView } from '../progress/progress-view.ts';
import { type Placed, runDownload } from '../run-download.ts';
import { isSelectionGiven, type Select, type SelectionFlags, selectionOf } from '../selection.ts';
import { shellQuote } from '../shell-quote.ts';
import { proxyFor } from '../proxy.ts';
import { readSource } from '../source.ts';
import {
  addedTrackers,
  type SharingFlags,
  type SourceFlags,
  toSeedingGoal,
  toSwarmOptions,
} from '../source-options.ts';
import { statePlace } from '../state-place.ts';

export interface DownloadFlags extends SourceFlags, SharingFlags, SelectionFlags, ViewFlags {
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly list?: boolean;
  /** `false` for `--no-part`. */
  readonly part?: boolean;
  readonly recheck?: boolean;
  readonly state?: string;
}

/** Downloads a torrent, shows how it goes, and prints where it is. Running it again goes on where it stopped. */
export async function downloadCommand(
  torrent: string,
  flags: DownloadFlags,
  context: Context,
): Promise<number> {
  const json = flags.json === true && flags.list !== true ? new JsonLines(context.out) : undefined;
  try {
    const swarm = toSwarmOptions(flags); // wrong ones come to light before anything is read
    const source = await readSource(torrent, context, flags);
    const select = await selectionOf(flags, source);
    if (flags.list === true) {
      const metainfo = await loadMetainfo(source, flags, context);
      listFiles(metainfo, select(metainfo), flags.json === true, context.out);
      return EXIT_CODE.ok;
    }
    const options = {
      ...swarm,
      ...toDiscovery(flags, context.terminal.environment),
      ...(await proxyFor(flags.proxy, context)),
      ...addedTrackers(flags, source),
      overwrite: flags.overwrite === true,
      ...(flags.part === false && { partFiles: false }),
      ...(flags.recheck === true && { recheck: true }),
      state: statePlace(flags.state, context.terminal.environment),
    };
    const seeding = toSeedingGoal(flags);
    const view = await openView(flags, context, json);
    const remembered = await rememberedBy(options.state, isSelectionGiven(flags, source), context);
    const choice = { select, remembered, output: flags.output };
    const place = (metainfo: Metainfo): Placed => placed(metainfo, choice, view);
    const { timeout } = flags;
    const { path, summary } = await runDownload(
      source,
      { ...options, timeout, place, ...(seeding !== undefined && { seeding }) },
      view,
      context,
    );
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

interface Choice {
  readonly select: Select;
  /** The files of a selection that was made before, and is not whole. */
  readonly remembered: (metainfo: Metainfo, path: string) => readonly number[] | undefined;
  readonly output: string | undefined;
}

/** A selection is gone on with until it is whole, unless another one is given. */
async function rememberedBy(
  state: StatePlace | false,
  isGiven: boolean,
  { layers }: Context,
): Promise<Choice['remembered']> {
  if (state === false || isGiven) return () => undefined;
  const { rememberedFiles } = await layers.downloader();
  return (metainfo, path) => rememberedFiles(metainfo, { path, state });
}

/** Decides what is downloaded and where to, and shows it: as soon as the torrent is known. */
function placed(metainfo: Metainfo, { select, remembered, output }: Choice, view: ProgressView): Placed {
  const path = downloadTarget(metainfo, output);
  const before = remembered(metainfo, path);
  const files = select(metainfo) ?? before;
  const all = metainfo.files.filter((file) => !file.isPadding);
  const chosen = new Set(files ?? all.map((file) => file.index));
  const bytes = files === undefined ? metainfo.layout.totalLength : bytesOf(metainfo, chosen);
  view.start(
    {
      name: metainfo.name,
      infoHash: formatInfoHash(metainfo.infoHash),
      bytes,
      pieceCount: metainfo.layout.pieceCount,
      selectedFiles: chosen.size,
      fileCount: all.length,
      isSelectionRemembered: before !== undefined,
      path,
    },
    performance.now(),
  );
  return { path, files };
}

function bytesOf({ files }: Metainfo, chosen: ReadonlySet<number>): number {
  return files.reduce((sum, { index, length }) => sum + (chosen.has(index) ? length : 0), 0);
}

/** Says how to go on; not to someone who closed the output and looks at something else. */
function sayHowToGoOn(torrent: string, { err, argv, signal }: Context): void {
  const { reason } = signal;
  if (!(reason instanceof Interruption) || reason.interruptedBy === 'OUTPUT_CLOSED') return;
  const source = torrent === '-' ? ', with the same torrent on standard input' : '';
  err.line(`To go on, run this again${source}:`);
  err.line(`  ${shellQuote(['millrace', ...argv])}`);
}
