import type { InfoHash } from '@millrace/metainfo';
import type { ScrapeEntry } from '../scrape.ts';
import { SYSTEM } from './environment.ts';
import type { ScrapeOptions } from './options.ts';
import { scrapeIn } from './scrape-in.ts';

/**
 * Asks an HTTP or HTTPS tracker how many peers some torrents have, without joining them. `tracker` is the announce URL.
 * Fifty torrents are asked for at once, more one after another; the limits in `options` are those of each request.
 *
 * @returns What the tracker counts, by info hash as 40 lower-case hex digits: only torrents asked for, and only those
 *   it knows.
 * @throws {TrackerError} `SCRAPE_UNSUPPORTED` if the URL says that the tracker cannot do it; otherwise as `announce`.
 * @throws {RangeError} without an info hash, or if one or an option is not as it must be.
 * @throws the signal's reason.
 * @see {@link https://www.bittorrent.org/beps/bep_0048.html | BEP 48}
 */
export async function scrape(
  tracker: string,
  infoHashes: readonly InfoHash[],
  options: ScrapeOptions = {},
): Promise<ReadonlyMap<string, ScrapeEntry>> {
  return scrapeIn(SYSTEM, tracker, infoHashes, options);
}
