import type { FileRange } from './file-ranges.ts';
import type { InfoHash } from './info-hash.ts';
import type { MetainfoIssue } from './issue.ts';
import type { MagnetPeer } from './magnet-peer.ts';
import type { MetainfoVersion } from './metainfo.ts';

/** A parameter of a magnet link exactly as it is written, escapes and all. */
export interface MagnetParameter {
  readonly key: string;
  readonly value: string;
}

/**
 * What a magnet link says. Nothing in it can be trusted: the name is for display and no path, and addresses and URLs are
 * whatever the link's author wrote.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0009.html#magnet-uri-format | BEP 9, magnet URI format}
 */
export interface Magnet {
  readonly version: MetainfoVersion;
  readonly infoHash: InfoHash;
  /** The `btmh` hash of a link that is of version 2 as well (BEP 52): a multihash, hash function and length first. */
  readonly multihash?: Uint8Array;
  /** Name to show until there is metadata (`dn`). */
  readonly name?: string;
  /** Size in bytes (`xl`), as the link claims. */
  readonly length?: number;
  /** Tracker URLs (`tr`), each in a tier of its own. */
  readonly trackers: readonly string[];
  /** Web seed URLs (`ws`). */
  readonly webSeeds: readonly string[];
  /** Where to get the torrent (`xs`): URLs. */
  readonly exactSources: readonly string[];
  /** Where else it may be had (`as`): URLs. */
  readonly acceptableSources: readonly string[];
  /** Peers to ask (`x.pe`). */
  readonly peers: readonly MagnetPeer[];
  /** Which files to fetch (`so`, BEP 53), as written; `undefined` for all. */
  readonly selection?: readonly FileRange[];
  /** Parameters not known here, and `xt` of other networks. */
  readonly others: readonly MagnetParameter[];
  /** What is wrong with the link and was read all the same; at most 256. */
  readonly issues: readonly MetainfoIssue[];
}

/** What a magnet link is made of: a {@link Magnet}, or as little as an info hash. */
export type MagnetInit = Pick<Magnet, 'infoHash'> &
  Partial<Omit<Magnet, 'infoHash' | 'peers'>> & {
    readonly peers?: readonly Pick<MagnetPeer, 'host' | 'port'>[];
  };
