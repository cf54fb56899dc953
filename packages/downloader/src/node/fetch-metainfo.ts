import type { Metainfo } from '@millrace/metainfo';
import { ClientNetwork, type ClientOptions } from './client-network.ts';
import type { MagnetSource, SwarmOptions } from './swarm-options.ts';
import { SwarmStay } from './swarm-stay.ts';

/**
 * Gets from peers what a magnet link stands for.
 *
 * @returns The metainfo, verified by its info hash; `infoBytes` are the bytes that peers sent. It names no trackers.
 * @throws {DownloadError} `NO_SOURCES`, `NO_METADATA`. Rejects with the signal's reason when it aborts.
 * @throws {MetainfoError} if it is no torrent that can be downloaded.
 * @see {@link https://www.bittorrent.org/beps/bep_0009.html | BEP 9}
 */
export async function fetchMetainfo(
  source: MagnetSource,
  options: SwarmOptions & ClientOptions = {},
): Promise<Metainfo> {
  await using network = new ClientNetwork(options);
  const stay = new SwarmStay(network, source, options);
  try {
    return await stay.metainfo(options.signal ?? new AbortController().signal);
  } finally {
    await stay.close();
  }
}
