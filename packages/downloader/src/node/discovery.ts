import type { InfoHash } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';

/** What a way to find peers is told of a torrent. */
export interface DiscoveredTorrent {
  readonly infoHash: InfoHash;
  /** Nodes of the DHT that the torrent names. */
  readonly nodes: readonly PeerAddress[];
  /** The port that peers can call, `undefined` if they cannot; known when {@link PeerSource.find} is called. */
  readonly port: () => number | undefined;
  readonly onEvent: (event: DownloadEvent) => void;
  /** Told an address at which others see us. */
  readonly onExternalAddress: (host: string) => void;
}

/**
 * Makes the source of one torrent's peers: a DHT's, the local network's. Nothing is opened before the source is asked for
 * peers, which a `PeerPool` never does for a private torrent.
 */
export type Discovery = (torrent: DiscoveredTorrent) => PeerSource;
