import type { InfoHash, Metainfo } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import type { DownloadEvent } from '../events.ts';
import type { DownloadLimits, RateLimits } from '../options.ts';

/** What a magnet link says that matters here: what `parseMagnet` answers, or as little as an info hash. */
export interface MagnetSource {
  readonly infoHash: InfoHash;
  /** Tracker URLs, each in a tier of its own. */
  readonly trackers?: readonly string[];
  /** Peers that the link names. They are not asked once the torrent turns out to be private. */
  readonly peers?: readonly PeerAddress[];
}

/** A torrent: all of it, or what is enough to get the rest from peers. */
export type TorrentSource = Metainfo | MagnetSource;

/** What one torrent needs beside itself, wherever its bytes go. */
export interface SwarmOptions extends DownloadLimits, RateLimits {
  /** Peers asked besides those the trackers name. */
  readonly peers?: readonly PeerAddress[];
  /** Tracker URLs by tier. @defaultValue the torrent's own */
  readonly trackers?: readonly (readonly string[])[];
  /** Whether every tracker is asked for peers, instead of one after another until one answers. @defaultValue false */
  readonly announceToAll?: boolean;
  /** Whether peers tell each other of peers. With private torrents they never do. @defaultValue true */
  readonly pex?: boolean;
  /** Time allowed to get the metadata of a magnet link, in milliseconds. @defaultValue no limit */
  readonly metadataTimeoutMs?: number;
  /** Longest metadata taken, in bytes. @defaultValue 33_554_432 (32 MiB) */
  readonly maxMetadataBytes?: number;
  /**
   * Proxy to ask trackers through, as `announce` takes it, or what answers with that of one. Peers are not called
   * through it. @defaultValue none
   */
  readonly proxy?: string | ((tracker: string) => string | undefined);
  /** Whether names of trackers may stand for addresses of this machine or its network. @defaultValue false */
  readonly allowPrivateTrackers?: boolean;
  /** Peers that may ask us at once, besides one that is let in by turns. @defaultValue by the upload limit */
  readonly uploadSlots?: number;
  /**
   * Whether peers are told of one piece after the other, so that the only seed sends each about once (BEP 16). Only if
   * everything is there when it begins. @defaultValue false
   */
  readonly superSeeding?: boolean;
  /** Stops the download cleanly: pieces in memory that are whole are still written, trackers are told. */
  readonly signal?: AbortSignal;
  /** Told everything worth showing, in order. It must not throw. */
  readonly onEvent?: (event: DownloadEvent) => void;
}

/** Whether a torrent is known as a whole. */
export function isMetainfo(source: TorrentSource): source is Metainfo {
  return 'infoBytes' in source;
}
