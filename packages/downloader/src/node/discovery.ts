import type { InfoHash } from '@millrace/metainfo';
import type { PeerSource } from '../peer-source.ts';

/** What a way to find peers is told of a torrent. */
export interface DiscoveredTorrent {
  readonly infoHash: InfoHash;
  /** The port to tell others of; known when {@link PeerSource.find} is called. */
  readonly port: () => number;
}

/**
 * Makes the source of one torrent's peers: a DHT's, the local network's. It is asked for torrents that are not private;
 * one that turns out to be when its metadata is there has no use of what was found.
 */
export type Discovery = (torrent: DiscoveredTorrent) => PeerSource;
