import type { InfoHash, PeerId } from '@millrace/metainfo';
import type { PeerAddress } from './peer-address.ts';

/** What an announce tells besides the counters; none for one made at the usual interval. */
export type AnnounceEvent = 'started' | 'completed' | 'stopped';

/** What a tracker is told. */
export interface AnnounceRequest {
  readonly infoHash: InfoHash;
  readonly peerId: PeerId;
  /** Where this peer listens: 1 to 65535. */
  readonly port: number;
  /** Bytes sent to peers since `started`. */
  readonly uploaded: number;
  /** Bytes received from peers since `started`. */
  readonly downloaded: number;
  /** Bytes still missing. */
  readonly left: number;
  readonly event?: AnnounceEvent | undefined;
  /** Peers asked for; a tracker chooses without it, often 50. */
  readonly numWant?: number | undefined;
  /** 32 bits that stay the same when this peer's address changes. */
  readonly key?: number | undefined;
  /** What the tracker gave as its id in an earlier answer, at most 1 KiB. */
  readonly trackerId?: Uint8Array | undefined;
  /** An address or DNS name to list instead of the one the request comes from. */
  readonly ip?: string | undefined;
}

/** Something odd in an answer that did no harm. */
export type AnnounceIssue =
  /** The first place where the answer is not canonical bencode. */
  | { readonly code: 'NOT_CANONICAL'; readonly offset: number }
  | { readonly code: 'TRAILING_BYTES'; readonly count: number }
  /** A field is missing, or has a value that means nothing: it counts as absent. */
  | { readonly code: 'MISSING_FIELD' | 'INVALID_FIELD'; readonly field: string }
  /** An interval was out of bounds, and was moved to the nearer one. */
  | { readonly code: 'CLAMPED'; readonly field: string }
  /** A compact list ends in the middle of a peer. */
  | { readonly code: 'PARTIAL_PEER'; readonly field: string; readonly byteCount: number }
  /** Peers nobody can be reached at. */
  | { readonly code: 'PEERS_DROPPED'; readonly count: number }
  /** Peers past `maxPeers`. */
  | { readonly code: 'TOO_MANY_PEERS'; readonly count: number };

/** What a tracker answered. Nothing in it is a view of the answer's bytes. */
export interface AnnounceResponse {
  /** Each once; none with port 0 or an unspecified, multicast or broadcast address. */
  readonly peers: readonly PeerAddress[];
  /** When to announce again, in milliseconds: a minute to a day. */
  readonly intervalMs: number;
  /** The shortest time to wait even if peers are wanted, in milliseconds: a minute to a day. */
  readonly minIntervalMs?: number;
  /** Peers that have everything. */
  readonly seeders?: number;
  readonly leechers?: number;
  /** How often `completed` was announced. */
  readonly downloads?: number;
  /** To be sent with the next announce, at most 1 KiB. */
  readonly trackerId?: Uint8Array;
  /** The tracker's own words, at most 256 code points; show them escaped. */
  readonly warning?: string;
  /** This peer's own address as the tracker sees it (BEP 24). */
  readonly externalAddress?: string;
  readonly issues: readonly AnnounceIssue[];
}
