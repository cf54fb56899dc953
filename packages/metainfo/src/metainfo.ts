import type { InfoHash } from './info-hash.ts';
import type { MetainfoIssue } from './issue.ts';
import type { PieceLayout } from './piece-layout.ts';

/** A file of a torrent, as the torrent describes it: its path is not yet safe to use. See `toLocalPaths`. */
export interface TorrentFile {
  readonly index: number;
  /** Components below the torrent's name, for display: bytes that are not UTF-8 are U+FFFD. Empty for a single file. */
  readonly path: readonly string[];
  /** The same components as the bytes read; views of the input. */
  readonly pathBytes: readonly Uint8Array[];
  /** Size in bytes. */
  readonly length: number;
  /** Where it starts, in bytes from the start of the first file. */
  readonly offset: number;
  /** Whether it only fills up a piece (BEP 47): its bytes are zeros and it is never written. */
  readonly isPadding: boolean;
  readonly isExecutable?: boolean;
  readonly isHidden?: boolean;
  /** Where a symbolic link points, as components below the torrent's name (BEP 47). */
  readonly symlink?: readonly string[] | undefined;
}

/** A node of the DHT that a torrent names (BEP 5). */
export interface DhtNode {
  readonly host: string;
  readonly port: number;
}

/** Which kinds of torrent can be read. Other kinds (BEP 52) will join the union. */
export type MetainfoVersion = 'v1';

/** What a `.torrent` file says. Byte arrays in it are views of the input. */
export interface Metainfo {
  readonly version: MetainfoVersion;
  /** The bencoded `info` dictionary exactly as read; its SHA-1 is the info hash. */
  readonly infoBytes: Uint8Array;
  readonly infoHash: InfoHash;
  /** Suggested name, for display: bytes that are not UTF-8 are U+FFFD. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** Whether the name is that of the one file, not of a folder. */
  readonly isSingleFile: boolean;
  /** Size of every piece but the last, in bytes. */
  readonly pieceLength: number;
  readonly layout: PieceLayout;
  /** SHA-1 of each piece, 20 bytes apiece. */
  readonly pieceHashes: Uint8Array;
  readonly files: readonly TorrentFile[];
  /** Tracker URLs by tier (BEP 12): a tier is asked only when those before it failed. */
  readonly tiers: readonly (readonly string[])[];
  /** Whether peers may come from the trackers only (BEP 27). */
  readonly isPrivate: boolean;
  readonly comment?: string;
  readonly createdBy?: string;
  readonly createdAt?: Date;
  /** Text that sets a copy of a torrent apart from others, by giving it another info hash. */
  readonly source?: string;
  /** URLs of `url-list` (BEP 19). */
  readonly webSeeds: readonly string[];
  /** URLs of `httpseeds` (BEP 17). */
  readonly httpSeeds: readonly string[];
  readonly nodes: readonly DhtNode[];
  /** What is wrong with the file and was read all the same; at most 256. */
  readonly issues: readonly MetainfoIssue[];
}
