import { type AnnounceResponse, formatPeerAddress } from '@millrace/tracker-client';
import type { Context } from '../context.ts';
import { DEFAULT_PORT } from '../default-port.ts';
import { foreign } from '../escape.ts';
import { localPeerId } from '../local-peer-id.ts';
import { readTorrent } from '../read-torrent.ts';
import { messageOf } from '../report.ts';
import { UsageError } from '../usage-error.ts';

export interface PeersFlags {
  readonly tracker?: readonly string[];
  readonly port?: number;
}

/** Longest that saying goodbye may take. */
const GOODBYE_MS = 2000;

/** Prints the peers of the first tracker that answers, one a line. */
export async function peersCommand(torrent: string, flags: PeersFlags, context: Context): Promise<void> {
  const { layers, out, err, signal } = context;
  const { infoHash, layout, tiers } = await readTorrent(torrent, context);
  const trackers = flags.tracker ?? tiers.flat();
  if (trackers.length === 0) {
    throw new UsageError('Cannot list peers: the torrent names no tracker, name one with --tracker');
  }
  const { announce } = await layers.trackerClient();
  const request = {
    infoHash,
    peerId: localPeerId(),
    port: flags.port ?? DEFAULT_PORT,
    uploaded: 0,
    downloaded: 0,
    left: layout.totalLength,
  };
  const ask = (tracker: string): Promise<AnnounceResponse> => announce(tracker, request, { signal });
  const { tracker, response } = await firstAnswer(trackers, ask, context);
  if (response.warning !== undefined) err.line(`The tracker warns: ${foreign(response.warning)}`);
  if (response.peers.length === 0) err.line('The tracker knows no other peer of this torrent at present.');
  out.lines(response.peers.map((peer) => formatPeerAddress(peer)));
  // The tracker now takes us for a peer, and would send others to a port where no one listens.
  await announce(tracker, { ...request, event: 'stopped' }, { signal, timeoutMs: GOODBYE_MS }).catch(
    () => {},
  );
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
