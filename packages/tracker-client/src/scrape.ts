import type { AnnounceIssue } from './announce.ts';

/** What a tracker counts of one torrent. */
export interface ScrapeEntry {
  /** Peers that have everything. */
  readonly seeders: number;
  readonly leechers: number;
  /** How often `completed` was announced. */
  readonly downloads: number;
}

/** What a tracker answered to a scrape. Nothing in it is a view of the answer's bytes. */
export interface ScrapeResponse {
  /** By info hash, as 40 lower-case hex digits; a torrent the tracker does not know is not in it. */
  readonly entries: ReadonlyMap<string, ScrapeEntry>;
  /** The shortest time to wait before the next scrape, in milliseconds: a minute to a day. */
  readonly minIntervalMs?: number;
  readonly issues: readonly ScrapeIssue[];
}

/** Something odd in an answer that did no harm. */
export type ScrapeIssue =
  | AnnounceIssue
  /** Torrents whose key is no info hash, or whose counts are no counts. */
  | { readonly code: 'ENTRIES_DROPPED'; readonly count: number };
