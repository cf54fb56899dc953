import type { DownloadEvent } from '@millrace/downloader';
import type { Metainfo } from '@millrace/metainfo';
import type { Context } from './context.ts';
import { eventText } from './progress/event-text.ts';
import { proxyFor } from './proxy.ts';
import { sourceName } from './source-name.ts';
import { toDiscovery } from './discovery-options.ts';
import { addedTrackers, type SourceFlags, toSwarmOptions } from './source-options.ts';
import { type Source, trackersOf } from './source.ts';

/** How long peers are waited for by someone who only wants to look, in milliseconds. */
export const LOOK_TIMEOUT_MS = 60_000;

/** Returns the metainfo of any source; that of a magnet link comes from peers, and its trackers from the link. */
export async function loadMetainfo(source: Source, flags: SourceFlags, context: Context): Promise<Metainfo> {
  if (source.type === 'torrent') return source.metainfo;
  const { layers, err, signal } = context;
  const { magnet } = source;
  const options = {
    ...toSwarmOptions(flags),
    ...toDiscovery(flags, context.terminal.environment),
    portMapping: false, // it is over before anyone could call
    ...(await proxyFor(flags.proxy, context)),
    ...addedTrackers(flags, source),
  };
  const { fetchMetainfo } = await layers.downloader();
  err.line(`Getting the metadata of ${sourceName(magnet)} from peers`);
  const metainfo = await fetchMetainfo(magnet, {
    ...options,
    metadataTimeoutMs: flags.timeout ?? LOOK_TIMEOUT_MS,
    signal,
    onEvent: (event) => tellTrouble(event, context),
  });
  return { ...metainfo, tiers: trackersOf(source), webSeeds: magnet.webSeeds };
}

/** Says what keeps peers from being found; without that, waiting looks like hanging. */
export function tellTrouble(event: DownloadEvent, { err }: Context): void {
  if (event.type !== 'announceFailed' && event.type !== 'pieceRejected') return;
  const text = eventText(event);
  if (text !== undefined) err.line(text);
}
