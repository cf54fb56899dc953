import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { formatInfoHash, parseMetainfo } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { runMain } from './testing/run-main.ts';
import { sampleTorrent } from './testing/torrent.ts';

const HEX = 'd69f91e6b2ae4c542468d1073a71d4ea13879a7f';
const BASE32 = '22PZDZVSVZGFIJDI2EDTU4OU5IJYPGT7';

describe('a source', () => {
  it.each([HEX, HEX.toUpperCase(), BASE32, BASE32.toLowerCase(), `magnet:?xt=urn:btih:${HEX}`])(
    'may be %s',
    async (source) => {
      const { exitCode, out } = await runMain(['magnet', source]);
      expect({ exitCode, out }).toEqual({ exitCode: 0, out: `magnet:?xt=urn:btih:${HEX}\n` });
    },
  );

  it('may be a magnet link on standard input', async () => {
    const stdin = new TextEncoder().encode(`magnet:?xt=urn:btih:${HEX}\n`);
    expect((await runMain(['magnet', '-'], { stdin })).out).toBe(`magnet:?xt=urn:btih:${HEX}\n`);
  });

  it('may be on the web, behind redirects', async () => {
    const torrent = sampleTorrent();
    await using server = createServer((request, response) => {
      if (request.url === '/first') response.writeHead(302, { location: '/a.torrent' }).end();
      else response.end(torrent);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { exitCode, out } = await runMain(['info', `http://127.0.0.1:${port}/first`]);
    expect(exitCode).toBe(0);
    expect(out).toContain(`Info Hash: ${formatInfoHash(parseMetainfo(torrent).infoHash)}\n`);
  });

  it.each([
    ['magnet:', 27],
    ['magnet:?xt=urn:btih:00', 27],
    [`magnet:?xt=urn:btih:${HEX}&xt=urn:btih:${'0'.repeat(40)}`, 27],
    [`magnet:?dn=${'a'.repeat(70_000)}`, 27],
    ['magnet:?xt=urn:btmh:1220' + '0'.repeat(64), 27],
    [HEX.slice(1), 17],
    [`${HEX}0`, 17],
    [`${BASE32.slice(1)}1`, 17],
    ['http://', 28],
  ])('is refused if it is %.60s', async (source, exitCode) => {
    for (const command of ['info', 'magnet', 'download', 'scrape', 'peers']) {
      expect(await runMain([command, source])).toMatchObject({ exitCode, out: '' });
    }
  });
});
