import type { RequestListener } from 'node:http';
import { encode } from '@millrace/bencode';
import { formatInfoHash, infoHash, type InfoHash } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { startHttp } from '../testing/tracker-server.ts';
import { decodePercent } from '../percent.ts';
import { scrape } from './scrape.ts';

function hashes(count: number): InfoHash[] {
  return Array.from({ length: count }, (_, index) => infoHash(new Uint8Array(20).fill(index + 128)));
}

/** Counts a seeder more for each torrent of a request, and tells of one that nobody asked for. */
const honest: RequestListener = (request, response) => {
  const asked = (request.url ?? '').match(/(?<=info_hash=)[^&]+/g) ?? [];
  const files = new Map(
    asked.map((text, index) => [String.fromCharCode(...decodePercent(text)), { complete: index }]),
  );
  response.end(encode({ files: files.set('\0'.repeat(20), { complete: 9 }) }));
};

describe('scrape()', () => {
  it('answers with the torrents that were asked for', async () => {
    await using server = await startHttp(honest);
    const [hash] = hashes(1) as [InfoHash];
    expect(await scrape(server.url, [hash, hash])).toEqual(
      new Map([[formatInfoHash(hash), { seeders: 0, leechers: 0, downloads: 0 }]]),
    );
    expect(server.requests).toEqual([`/scrape?info_hash=${'%80'.repeat(20)}`]);
  });

  it('asks for many in several requests, none longer than servers take', async () => {
    await using server = await startHttp(honest);
    const asked = hashes(101);
    expect([...(await scrape(server.url, asked)).keys()]).toEqual(asked.map((hash) => formatInfoHash(hash)));
    expect(server.requests).toHaveLength(3);
    expect(Math.max(...server.requests.map(({ length }) => length))).toBeLessThan(4_096);
    await server.allClosed();
  });

  it.each<[string, RequestListener, object]>([
    ['no bencode', (_, response) => void response.end('<html>'), { code: 'MALFORMED' }],
    ['a refusal', (_, response) => void response.end('d14:failure reason2:noe'), { code: 'FAILURE' }],
    ['another status', (_, response) => void response.writeHead(404).end(), { code: 'HTTP_STATUS' }],
    [
      'a redirect to another service of this machine',
      (_, response) => void response.writeHead(302, { location: '/admin' }).end(),
      { code: 'REDIRECT_REFUSED' },
    ],
    ['too much', (_, response) => void response.end('x'.repeat(2 ** 20 + 1)), { code: 'BODY_TOO_LARGE' }],
    ['nothing', () => {}, { code: 'TIMED_OUT' }],
  ])('refuses an answer that is %s', async (_name, respond, expected) => {
    await using server = await startHttp(respond);
    await expect(scrape(server.url, hashes(1), { idleTimeoutMs: 300 })).rejects.toMatchObject(expected);
    await server.allClosed();
  });

  it('sends nothing to a tracker that cannot be scraped', async () => {
    await using server = await startHttp(honest);
    const tracker = server.url.replace('announce', 'a');
    await expect(scrape(tracker, hashes(1))).rejects.toMatchObject({ code: 'SCRAPE_UNSUPPORTED' });
    await expect(scrape(server.url, [])).rejects.toThrow(RangeError);
    expect(server.connectionCount).toBe(0);
  });

  it('rejects with the reason of its signal', async () => {
    await expect(
      scrape('http://127.0.0.1:1/announce', hashes(1), { signal: AbortSignal.abort('no') }),
    ).rejects.toBe('no');
  });
});
