import type { PeerAnswer } from '../engine/peer-probe.ts';
import { ClientNetwork, type ClientOptions } from './client-network.ts';
import type { SwarmOptions, TorrentSource } from './swarm-options.ts';
import { SwarmStay } from './swarm-stay.ts';

/**
 * Shakes hands with some peer of a torrent: of those that are given or that trackers name, the first that answers. It is
 * offered the extension protocol and nothing else, and hung up on. It goes on until someone answers: give a `signal`.
 *
 * @throws {DownloadError} `NO_SOURCES`. Rejects with the signal's reason when it aborts.
 */
export async function probePeer(
  source: TorrentSource,
  options: SwarmOptions & ClientOptions = {},
): Promise<PeerAnswer> {
  await using network = new ClientNetwork({ ...options, listen: false });
  const stay = new SwarmStay(network, source, options);
  try {
    return await stay.probe(options.signal ?? new AbortController().signal);
  } finally {
    await stay.close();
  }
}
