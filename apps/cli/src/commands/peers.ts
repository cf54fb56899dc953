import { formatPeerAddress } from '@millrace/tracker-client';
import type { Metainfo } from '@millrace/metainfo';
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

/** Prints the peers of the first tracker that answers, one a line. */
export async function peersCommand(torrent: string, flags: PeersFlags, context: Context): Promise<void> {
  const metainfo = await readTorrent(torrent, context);
  const trackers = flags.tracker ?? metainfo.tiers.flat();
  if (trackers.length === 0) {
    throw new UsageError('Cannot list peers: the torrent names no tracker, name one with --tracker');
  }
  const { peers, warning } = await firstAnswer(trackers, metainfo, flags.port ?? DEFAULT_PORT, context);
  if (warning !== undefined) context.err.line(`The tracker warns: ${foreign(warning)}`);
  if (peers.length === 0) context.err.line('The tracker knows no other peer of this torrent at present.');
  context.out.lines(peers.map((peer) => formatPeerAddress(peer)));
}

type Answer = Awaited<ReturnType<Awaited<ReturnType<Context['layers']['trackerClient']>>['announce']>>;

async function firstAnswer(
  trackers: readonly string[],
  metainfo: Metainfo,
  port: number,
  { layers, err, signal }: Context,
): Promise<Answer> {
  const { announce } = await layers.trackerClient();
  const request = {
    infoHash: metainfo.infoHash,
    peerId: localPeerId(),
    port,
    uploaded: 0,
    downloaded: 0,
    left: metainfo.layout.totalLength,
  };
  let failure: unknown;
  for (const [index, tracker] of trackers.entries()) {
    if (index > 0) err.line(`${messageOf(failure)}; asking the next tracker`);
    try {
      return await announce(tracker, request, { signal });
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}
