import type { InfoHash } from '@millrace/metainfo';
import { TrackerError } from './error.ts';
import { encodePercent } from './percent.ts';
import { redactUrl } from './redact.ts';
import { formatHttpUrl, requireHttpUrl } from './tracker-url.ts';

const HASH_LENGTH = 20;

/**
 * Writes the URL of a scrape of some torrents: the announce URL with `scrape` in place of `announce` at the beginning of
 * the last part of its path. Its query stays, since a passkey may stand there. Servers refuse long URLs: ask for no
 * more than some fifty torrents at once.
 *
 * @throws {TrackerError} `SCRAPE_UNSUPPORTED` if the last part of the path does not begin with `announce`;
 *   `INVALID_URL` or `UNSUPPORTED_PROTOCOL` if `tracker` is not the URL of an HTTP tracker.
 * @throws {RangeError} without hashes, which would ask for every torrent there is; or if one is not 20 bytes long.
 * @see {@link https://www.bittorrent.org/beps/bep_0048.html | BEP 48}
 */
export function encodeScrapeUrl(tracker: string, infoHashes: readonly InfoHash[]): string {
  if (infoHashes.length === 0) throw new RangeError('Cannot scrape: there must be an info hash at least');
  if (infoHashes.some(({ length }) => length !== HASH_LENGTH)) {
    throw new RangeError('Cannot scrape: every info hash must have 20 bytes');
  }
  const url = requireHttpUrl(tracker);
  const [, before = '', name = '', query = ''] = /^([^?]*\/)([^/?]*)\??(.*)$/s.exec(url.path) ?? [];
  if (!name.startsWith('announce')) {
    throw new TrackerError({ code: 'SCRAPE_UNSUPPORTED', tracker: redactUrl(tracker) });
  }
  const hashes = infoHashes.map((infoHash) => `info_hash=${encodePercent(infoHash)}`);
  const parameters = [...(query === '' ? [] : [query.replace(/&$/, '')]), ...hashes];
  const path = `${before}scrape${name.slice('announce'.length)}?${parameters.join('&')}`;
  return formatHttpUrl({ ...url, path });
}
