import { type AnnounceResponse, formatPeerAddress } from '@millrace/tracker-client';
import type { Context } from '../context.ts';
import { DEFAULT_PORT } from '../default-port.ts';
import { foreign } from '../escape.ts';
import { localPeerId } from '../local-peer-id.ts';
import { messageOf } from '../report.ts';
import { proxyFor, proxyOf } from '../proxy.ts';
import { infoHashOf, readSource, type Source, trackersOf } from '../source.ts';
import { checkLocalAddress } from '../source-options.ts';
import { UsageError } from '../usage-error.ts';

export interface PeersFlags {
  readonly tracker?: readonly string[];
  readonly port?: number;
  readonly bind?: string;
  readonly proxy?: string;
  readonly allowPrivate?: boolean;
}

/** Longest that saying goodbye may take. */
const GOODBYE_MS = 2000;
/** What is announced as missing where no one knows, in bytes. */
const UNKNOWN_LEFT = 16_384;

/** Prints the peers of the first tracker that answers, one a line. */
export async function peersCommand(torrent: string, flags: PeersFlags, context: Context): Promise<void> {
  const { layers, out, err, signal } = context;
  const { proxy } = await proxyFor(flags.proxy, context);
  const source = await readSource(torrent, context, flags);
  const trackers = trackersOf(source, flags.tracker).flat();
  if (trackers.length === 0) {
    throw new UsageError('Cannot list peers: the torrent names no tracker, name one with --tracker');
  }
  const { announce } = await layers.trackerClient();
  const { bind } = flags;
  if (bind !== undefined) checkLocalAddress(bind);
  const allowPrivate = flags.allowPrivate === true;
  const options = { signal, allowPrivate, ...(bind !== undefined && { localAddress: bind }) };
  const request = {
    infoHash: infoHashOf(source),
    peerId: localPeerId(),
    port: flags.port ?? DEFAULT_PORT,
    uploaded: 0,
    downloaded: 0,
    left: leftOf(source),
  };
  const ask = (tracker: string): Promise<AnnounceResponse> =>
    announce(tracker, request, { ...options, ...proxyOf(proxy, tracker) });
  const { tracker, response } = await firstAnswer(trackers, ask, context);
  if (response.warning !== undefined) err.line(`The tracker warns: ${foreign(response.warning)}`);
  if (response.peers.length === 0) err.line('The tracker knows no other peer of this torrent at present.');
  out.lines(response.peers.map((peer) => formatPeerAddress(peer)));
  // The tracker now takes us for a peer, and would send others to a port where no one listens.
  await announce(
    tracker,
    { ...request, event: 'stopped' },
    {
      ...options,
      ...proxyOf(proxy, tracker),
      timeoutMs: GOODBYE_MS,
    },
  ).catch(() => {});
}

/** Of a magnet link the length is not known; zero would make us a seeder, who is told of no others. */
function leftOf(source: Source): number {
  return source.type === 'torrent'
    ? source.metainfo.layout.totalLength
    : source.magnet.length || UNKNOWN_LEFT;
}

async function firstAnswer(
  trackers: readonly string[],
  ask: (tracker: string) => Promise<AnnounceResponse>,
  { err, signal }: Context,
): Promise<{ readonly tracker: string; readonly response: AnnounceResponse }> {
  let failure: unknown;
  for (const tracker of trackers) {
    if (failure !== undefined) err.line(`${messageOf(failure)}; asking the next tracker`);
    try {
      return { tracker, response: await ask(tracker) };
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}
