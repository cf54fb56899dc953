import { infoHash } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { encodeScrapeUrl } from './encode-scrape-url.ts';

const HASH = infoHash(new Uint8Array(20).fill(0x61));
const QUERY = `info_hash=${'a'.repeat(20)}`;

describe('encodeScrapeUrl()', () => {
  it.each([
    ['http://t.example/announce', `http://t.example/scrape?${QUERY}`],
    ['http://t.example/x/announce', `http://t.example/x/scrape?${QUERY}`],
    ['https://t.example:81/announce.php', `https://t.example:81/scrape.php?${QUERY}`],
    ['http://t.example/announce?key=1', `http://t.example/scrape?key=1&${QUERY}`],
    ['http://t.example/announce?key=a/b&', `http://t.example/scrape?key=a/b&${QUERY}`],
    ['http://t.example/announce?', `http://t.example/scrape?${QUERY}`],
    ['http://t.example/announce/announce', `http://t.example/announce/scrape?${QUERY}`],
  ])('of %s is %s', (tracker, expected) => {
    expect(encodeScrapeUrl(tracker, [HASH])).toBe(expected);
  });

  it('names every hash', () => {
    expect(encodeScrapeUrl('http://t.example/announce', [HASH, HASH])).toBe(
      `http://t.example/scrape?${QUERY}&${QUERY}`,
    );
  });

  it.each([
    ['http://t.example/', 'SCRAPE_UNSUPPORTED'],
    ['http://t.example/a', 'SCRAPE_UNSUPPORTED'],
    ['http://t.example/x%064announce', 'SCRAPE_UNSUPPORTED'],
    ['http://t.example/announce/x?/announce', 'SCRAPE_UNSUPPORTED'],
    ['udp://t.example/announce', 'UNSUPPORTED_PROTOCOL'],
    ['announce', 'INVALID_URL'],
  ])('refuses %s', (tracker, code) => {
    expect(() => encodeScrapeUrl(tracker, [HASH])).toThrow(expect.objectContaining({ code }));
  });

  it('refuses to ask for every torrent there is', () => {
    expect(() => encodeScrapeUrl('http://t.example/announce', [])).toThrow(RangeError);
  });
});
