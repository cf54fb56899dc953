import path from 'node:path';
import type { DownloadEvent } from '@millrace/downloader';
import type { SeedOptions } from '@millrace/downloader/node';
import { formatInfoHash, type Metainfo } from '@millrace/metainfo';
import type { Context } from '../context.ts';
import { toDiscovery, type DiscoveryFlags } from '../discovery-options.ts';
import { downloadTarget } from '../download-target.ts';
import { EXIT_CODE, exitCodeOf } from '../exit-code.ts';
import { Interruption } from '../interruption.ts';
import { JsonLines } from '../json-lines.ts';
import { loadMetainfo } from '../load-metainfo.ts';
import { errorObject } from '../progress/json-view.ts';
import { openView, type ViewFlags } from '../progress/open-view.ts';
import { type ProgressView, TICK_MS } from '../progress/progress-view.ts';
import { sumOf } from '../progress/sum.ts';
import { proxyFor } from '../proxy.ts';
import { messageOf } from '../report.ts';
import { readSource } from '../source.ts';
import {
  addedTrackers,
  type SharingFlags,
  type SourceFlags,
  toSeedingGoal,
  toSwarmOptions,
} from '../source-options.ts';
import { statePlace } from '../state-place.ts';

export interface SeedFlags extends SourceFlags, SharingFlags, DiscoveryFlags, ViewFlags {
  readonly path?: string;
  readonly superSeed?: boolean;
  readonly recheck?: boolean;
  readonly state?: string;
}

/** A torrent and where its content is. */
interface Planned {
  readonly metainfo: Metainfo;
  readonly path: string;
  readonly options: Omit<SeedOptions, 'path' | 'onEvent'>;
}

/** Gives torrents until each has reached its goal, or the user stops it: that is no failure. */
export async function seedCommand(
  torrents: readonly string[],
  flags: SeedFlags,
  context: Context,
): Promise<number> {
  const json = flags.json === true ? new JsonLines(context.out) : undefined;
  try {
    toSwarmOptions(flags); // wrong ones come to light before anything is read
    const planned: Planned[] = [];
    for (const torrent of torrents) planned.push(await plan(torrent, flags, torrents.length === 1, context));
    const view = await openView(flags, context, json);
    const failure = await seedAll(planned, flags, view, context);
    if (failure === undefined) {
      json?.write({ event: 'done' });
      return EXIT_CODE.ok;
    }
    throw failure;
  } catch (error) {
    const exitCode = error instanceof Interruption ? EXIT_CODE.unfinished : exitCodeOf(error);
    json?.write({ event: 'failed', ...errorObject(error), exitCode });
    if (error instanceof Interruption) return exitCode;
    throw error;
  }
}

async function plan(torrent: string, flags: SeedFlags, isOnly: boolean, context: Context): Promise<Planned> {
  const source = await readSource(torrent, context, flags);
  const metainfo = await loadMetainfo(source, flags, context);
  const { environment } = context.terminal;
  const seeding = toSeedingGoal(flags);
  // With several torrents the path is a folder that holds the content of each.
  const place = isOnly || flags.path === undefined ? flags.path : `${flags.path}${path.sep}`;
  return {
    metainfo,
    path: downloadTarget(metainfo, place),
    options: {
      ...torrentOptions(flags),
      ...(await proxyFor(flags.proxy, context)),
      ...addedTrackers(flags, source),
      ...(flags.superSeed === true && { superSeeding: true }),
      ...(flags.recheck === true && { recheck: true }),
      ...(seeding !== undefined && { seeding }),
      state: statePlace(flags.state, environment),
    },
  };
}

/** Limits are for all torrents together: the client has them. */
function torrentOptions(flags: SeedFlags): ReturnType<typeof toSwarmOptions> {
  const { limitUp: _up, limitDown: _down, ...rest } = flags;
  return toSwarmOptions(rest);
}

/** Answers why the first of them failed that did; the others go on. */
async function seedAll(
  planned: readonly Planned[],
  flags: SeedFlags,
  view: ProgressView,
  context: Context,
): Promise<unknown> {
  const { layers, signal, err } = context;
  const { openClient } = await layers.downloader();
  signal.throwIfAborted();
  await using client = await openClient({
    ...toSwarmOptions(flags),
    ...toDiscovery(flags, context.terminal.environment),
  });
  const completed = new Set<Planned>();
  const running = planned.map((one) => {
    const infoHash = planned.length === 1 ? undefined : formatInfoHash(one.metainfo.infoHash);
    const onEvent = (event: DownloadEvent): void => {
      if (event.type === 'completed') completed.add(one);
      view.event(event, infoHash);
    };
    return client.seed(one.metainfo, { ...one.options, path: one.path, signal, onEvent });
  });
  show(planned, view);
  const source = sumOf(running);
  const timer = setInterval(() => view.tick(source, performance.now()), TICK_MS);
  const onAbort = (): void => view.stopping();
  signal.addEventListener('abort', onAbort, { once: true });
  const outcomes = await Promise.allSettled(running.map(({ done }) => done));
  clearInterval(timer);
  signal.removeEventListener('abort', onAbort);
  view.end(undefined);
  let first: unknown;
  for (const [at, outcome] of outcomes.entries()) {
    const one = planned[at];
    if (outcome.status === 'fulfilled' || one === undefined) continue;
    if (completed.has(one) && outcome.reason instanceof Interruption) continue;
    if (planned.length > 1) err.line(`${one.path}: ${messageOf(outcome.reason)}`);
    first ??= outcome.reason;
  }
  if (flags.quiet !== true && flags.json !== true) err.line(source.summary());
  return first;
}

/** Says what is seeded: one torrent by its name, several by their number. */
function show(planned: readonly Planned[], view: ProgressView): void {
  const [first] = planned;
  if (first === undefined) return;
  let bytes = 0;
  let pieceCount = 0;
  for (const { metainfo } of planned) {
    bytes += metainfo.layout.totalLength;
    pieceCount += metainfo.layout.pieceCount;
  }
  const { name, infoHash } = first.metainfo;
  const isOne = planned.length === 1;
  view.start(
    {
      name: isOne ? name : `${planned.length} torrents`,
      infoHash: isOne ? formatInfoHash(infoHash) : '',
      bytes,
      pieceCount,
      selectedFiles: 0,
      fileCount: 0,
      path: isOne ? first.path : path.dirname(first.path),
      isSelectionRemembered: false,
      isSeed: true,
    },
    performance.now(),
  );
}
