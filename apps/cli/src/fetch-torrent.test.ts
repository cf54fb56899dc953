import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fetchTorrent } from './fetch-torrent.ts';

const NEVER = new AbortController().signal;

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/s3cret`;
}

describe('fetchTorrent()', () => {
  it('returns the body', async () => {
    const url = await serve((_, response) => void response.end('d1:ai1ee'));
    expect(new TextDecoder().decode(await fetchTorrent(url, NEVER))).toBe('d1:ai1ee');
  });

  it('takes no more than a torrent has', async () => {
    const url = await serve((_, response) => {
      const chunk = new Uint8Array(4 * 1024 * 1024);
      const more = (): void => {
        while (response.write(chunk));
      };
      response.on('drain', more).on('error', () => {});
      more();
    });
    await expect(fetchTorrent(url, NEVER)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it.each<[name: string, listener: RequestListener, code: string]>([
    ['an error', (_, response) => void response.writeHead(404).end(), 'HTTP_STATUS'],
    ['a circle', (_, response) => void response.writeHead(302, { location: '/' }).end(), 'REDIRECT_LIMIT'],
    [
      'a way to a file',
      (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'REDIRECT_REFUSED',
    ],
    ['nothing', () => {}, 'TIMED_OUT'],
    ['a broken line', (request) => void request.socket.destroy(), 'ECONNRESET'],
  ])('refuses %s, and shows no key', async (_, listener, code) => {
    const url = await serve(listener);
    const error: unknown = await fetchTorrent(url, NEVER, 500).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'FetchError', code });
    expect(String(error)).not.toContain('s3cret');
  });

  it('stops with the reason of the signal', async () => {
    const url = await serve(() => {});
    const stop = new AbortController();
    const reason = new Error('stopped');
    const fetched = fetchTorrent(url, stop.signal);
    stop.abort(reason);
    await expect(fetched).rejects.toBe(reason);
  });
});
