import { formatInfoHash, type InfoHash } from '@millrace/metainfo';
import type { ScrapeEntry } from '@millrace/tracker-client';
import type { ScrapeOptions } from '@millrace/tracker-client/node';
import type { Context } from '../context.ts';
import { JSON_SCHEMA, toJson } from '../json-lines.ts';
import { errorObject } from '../progress/json-view.ts';
import { shownTracker } from '../progress/shown-tracker.ts';
import { proxyFor, proxyOf } from '../proxy.ts';
import { messageOf } from '../report.ts';
import { infoHashOf, readSource, trackersOf } from '../source.ts';
import { checkLocalAddress } from '../source-options.ts';
import { countOf } from '../units.ts';
import { UsageError } from '../usage-error.ts';

export interface ScrapeFlags {
  readonly tracker?: readonly string[];
  readonly bind?: string;
  readonly proxy?: string;
  readonly allowPrivate?: boolean;
  readonly json?: boolean;
}

/** Trackers that are asked at once. */
const CONCURRENCY = 16;

type Outcome =
  | { readonly tracker: string; readonly entry: ScrapeEntry | undefined }
  | { readonly tracker: string; readonly error: unknown };

/** Prints what each tracker counts. It fails if none answers. */
export async function scrapeCommand(torrent: string, flags: ScrapeFlags, context: Context): Promise<void> {
  const { layers, out, err, signal } = context;
  const { proxy } = await proxyFor(flags.proxy, context);
  const source = await readSource(torrent, context, flags);
  const infoHash = infoHashOf(source);
  const trackers = [...new Set(trackersOf(source, flags.tracker).flat())];
  if (trackers.length === 0) {
    throw new UsageError('Cannot scrape: the torrent names no tracker, name one with --tracker');
  }
  const { bind } = flags;
  if (bind !== undefined) checkLocalAddress(bind);
  const allowPrivate = flags.allowPrivate === true;
  const options = { signal, allowPrivate, ...(bind !== undefined && { localAddress: bind }) };
  const { scrape } = await layers.trackerClient();
  const outcomes: Outcome[] = [];
  for (let from = 0; from < trackers.length; from += CONCURRENCY) {
    const asked = trackers.slice(from, from + CONCURRENCY);
    outcomes.push(
      ...(await Promise.all(
        asked.map((tracker) => ask(scrape, tracker, infoHash, { ...options, ...proxyOf(proxy, tracker) })),
      )),
    );
    signal.throwIfAborted();
  }
  if (flags.json === true) {
    const answers = outcomes.map(toObject);
    out.line(toJson({ schema: JSON_SCHEMA, infoHash: formatInfoHash(infoHash), trackers: answers }));
  }
  const failures = outcomes.filter((outcome) => 'error' in outcome);
  if (failures.length === outcomes.length) throw failures[0]?.error;
  if (flags.json === true) return;
  for (const { error } of failures) err.line(messageOf(error));
  out.lines(outcomes.filter((outcome) => 'entry' in outcome).map(toText));
}

async function ask(
  scrape: (
    tracker: string,
    infoHashes: readonly InfoHash[],
    options: ScrapeOptions,
  ) => Promise<ReadonlyMap<string, ScrapeEntry>>,
  tracker: string,
  infoHash: InfoHash,
  options: ScrapeOptions,
): Promise<Outcome> {
  try {
    const entries = await scrape(tracker, [infoHash], options);
    return { tracker, entry: entries.get(formatInfoHash(infoHash)) };
  } catch (error) {
    return { tracker, error };
  }
}

function toText({ tracker, entry }: Extract<Outcome, { entry: unknown }>): string {
  if (entry === undefined) return `${shownTracker(tracker)}: does not know the torrent`;
  const { seeders, leechers, downloads } = entry;
  const counts = [countOf(seeders, 'seeder'), countOf(leechers, 'leecher'), countOf(downloads, 'download')];
  return `${shownTracker(tracker)}: ${counts.join(', ')}`;
}

function toObject(outcome: Outcome): object {
  const tracker = shownTracker(outcome.tracker);
  if ('error' in outcome) return { tracker, error: errorObject(outcome.error) };
  return { tracker, isKnown: outcome.entry !== undefined, ...outcome.entry };
}
