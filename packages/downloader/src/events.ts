import type { Metainfo } from '@millrace/metainfo';
import type { PeerOrigin } from './peer-source.ts';

/** What happens during a download, in order. Names and texts come from outside: escape them before showing them. */
export type DownloadEvent =
  /** What a magnet link stands for is known, and verified. Trackers and comments are none of it. */
  | { readonly type: 'metadata'; readonly metainfo: Metainfo }
  /** What was there already has been examined. Here as everywhere, only wanted pieces count. */
  | {
      readonly type: 'checked';
      readonly piecesHave: number;
      readonly pieceCount: number;
      readonly bytesHave: number;
      readonly bytesLeft: number;
      /** How much of what is there was hashed for it; the rest is known from the run before. */
      readonly bytesChecked: number;
    }
  /** What is there cannot be remembered: the next run hashes it. The download goes on. */
  | { readonly type: 'stateNotSaved'; readonly error: unknown }
  | {
      readonly type: 'announced';
      readonly tracker: string;
      readonly peers: number;
      readonly warning?: string | undefined;
    }
  | {
      readonly type: 'announceFailed';
      readonly tracker: string;
      readonly error: unknown;
      /** Time until the next tracker, or this one again, is asked, in milliseconds; infinite if none is. */
      readonly retryMs: number;
    }
  /** Nodes of the DHT were told of us, and named so many peers. */
  | { readonly type: 'dhtAnnounced'; readonly peers: number }
  /** A way to find peers cannot be used; others go on. */
  | { readonly type: 'discoveryFailed'; readonly origin: 'dht' | 'lan'; readonly error: unknown }
  /** The router lets peers in at this port of its own. */
  | {
      readonly type: 'portMapped';
      readonly transport: 'tcp' | 'udp';
      readonly port: number;
      readonly way: 'nat-pmp' | 'pcp' | 'upnp';
    }
  /** The router lets nobody in; it is asked again later. */
  | { readonly type: 'portMappingFailed'; readonly error: unknown }
  /** Peers were found that are new to us. */
  | { readonly type: 'peersFound'; readonly origin: PeerOrigin; readonly peers: number }
  /** The peer shook hands for this torrent. Peers are named `host:port`. */
  | {
      readonly type: 'peerConnected';
      readonly peer: string;
      /** Who named it to us, best of all. */
      readonly origin: PeerOrigin;
    }
  | { readonly type: 'peerDropped'; readonly peer: string; readonly reason: unknown }
  /** The peer gave wrong bytes of a piece, as is proven, or lied about the metadata. It is not asked again. */
  | { readonly type: 'peerBanned'; readonly peer: string }
  | { readonly type: 'pieceVerified'; readonly index: number; readonly bytesLeft: number }
  | { readonly type: 'pieceRejected'; readonly index: number; readonly peers: readonly string[] }
  /** A piece that was had was changed or taken away by someone else: it is given no longer. */
  | { readonly type: 'pieceLost'; readonly index: number }
  /** A file is whole and has its final name. */
  | { readonly type: 'fileCompleted'; readonly index: number; readonly path: string }
  | { readonly type: 'completed'; readonly bytes: number };
