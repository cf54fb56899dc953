import { describe, expect, it } from 'vitest';
import { TrackerError } from '../error.ts';
import { asBytes } from '../testing/bytes.ts';
import { makeCertificate } from '../testing/certificate.ts';
import { startHttpProxy, startProxy, startSocks } from '../testing/proxy-server.ts';
import { ANSWER, REQUEST } from '../testing/sample.ts';
import { startHttp } from '../testing/tracker-server.ts';
import { announceIn } from './announce-in.ts';
import { announce } from './announce.ts';
import { SYSTEM } from './environment.ts';
import { parseProxy } from './proxy.ts';
import { scrape } from './scrape.ts';

const PEERS = [{ host: '192.0.2.7', port: 6881 }];
const TRACKER = 'http://t.invalid/announce';

/** Starts a tracker whose requests, with the headers that matter, are remembered. */
async function startTracker(certificate?: { cert: string; key: string }) {
  const headers: Record<string, unknown>[] = [];
  const server = await startHttp(
    (request, response) => {
      headers.push(request.headers);
      response.end(asBytes(ANSWER));
    },
    certificate === undefined ? {} : { certificate },
  );
  return Object.assign(server, { headers });
}

async function failureOf(promise: Promise<unknown>): Promise<TrackerError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!TrackerError.is(error)) throw new Error('expected a TrackerError', { cause: error });
  return error;
}

describe('parseProxy()', () => {
  it.each([
    ['http://p.example', 'http', 'p.example', 80],
    ['http://p.example:3128/', 'http', 'p.example', 3128],
    ['socks5://10.0.0.1', 'socks5', '10.0.0.1', 1080],
    ['socks5h://[::1]:9050', 'socks5', '::1', 9050],
  ])('reads %s', (text, kind, hostname, port) => {
    expect(parseProxy(text)).toMatchObject({ kind, hostname, port, credentials: undefined });
  });

  it.each([
    '',
    'secret.example:1',
    'https://secret.example',
    'socks4://secret:1',
    'http://secret:0',
    `http://secret:${'a'.repeat(256)}@p`,
  ])('refuses %j, and does not repeat it', (text) => {
    expect(() => parseProxy(text)).toThrow(TypeError);
    expect(() => parseProxy(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') as unknown }),
    );
  });
});

describe('announce() through a SOCKS5 proxy', () => {
  it.each(['socks5', 'socks5h'])('has names looked up by it, with %s', async (scheme) => {
    await using server = await startTracker();
    await using proxy = await startSocks(server);
    const { peers } = await announce(TRACKER, REQUEST, { proxy: `${scheme}://${proxy.name}` });
    expect([peers, proxy.asked]).toEqual([PEERS, ['t.invalid:80']]);
    expect(server.requests[0]).toMatch(/^\/announce\?info_hash=/);
    await server.allClosed();
  });

  it('tells user name and password', async () => {
    await using server = await startTracker();
    await using proxy = await startSocks({ port: server.port, password: 'us:er:päss' });
    const options = { proxy: `socks5://us%3Aer:p%C3%A4ss@${proxy.name}` };
    expect((await announce(TRACKER, REQUEST, options)).peers).toEqual(PEERS);
  });

  it('speaks TLS through it', async () => {
    const certificate = makeCertificate({ hosts: ['t.invalid'] });
    await using server = await startTracker(certificate);
    await using proxy = await startSocks(server);
    const world = { ...SYSTEM, ca: certificate.cert };
    const options = { proxy: `socks5://${proxy.name}` };
    const { peers } = await announceIn(world, 'https://t.invalid/announce', REQUEST, options);
    expect([peers, proxy.asked]).toEqual([PEERS, ['t.invalid:443']]);
    await server.allClosed();
  });

  it('gives it addresses as such', async () => {
    await using server = await startTracker();
    await using proxy = await startSocks(server);
    const options = { proxy: `socks5://${proxy.name}` };
    await announce('http://192.0.2.1:81/announce', REQUEST, options);
    await announce('http://[2001:db8::1]/announce', REQUEST, options);
    expect(proxy.asked).toEqual(['192.0.2.1:81', '32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1:80']);
  });

  it.each([
    [1, 'general failure'],
    [4, 'host unreachable'],
    [5, 'connection refused'],
    [99, 'code 99'],
  ])('says why it makes no connection: %i', async (reply, reason) => {
    await using proxy = await startSocks({ port: 1, reply });
    const error = await failureOf(announce(TRACKER, REQUEST, { proxy: `socks5://${proxy.name}` }));
    expect(error.detail).toMatchObject({
      code: 'PROXY_FAILED',
      proxy: proxy.name,
      problem: 'REFUSED',
      reason,
    });
  });

  it.each(['', 'user:wrong@'])('fails with the user %j, and does not tell it', async (user) => {
    await using proxy = await startSocks({ port: 1, password: 'user:right' });
    const error = await failureOf(announce(TRACKER, REQUEST, { proxy: `socks5://${user}${proxy.name}` }));
    expect(error.detail).toMatchObject({ code: 'PROXY_FAILED', problem: 'AUTHENTICATION' });
    expect(error.message).not.toMatch(/user:|wrong/);
  });

  it.each([
    ['speaks something else', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'NOT_A_PROXY'],
    ['wants a method nobody offered', '\x05\x02', 'AUTHENTICATION'],
    ['has an address of no type', '\x05\0\x05\0\0\x09', 'NOT_A_PROXY'],
    ['changes its version', '\x05\0\x04\0\0\x01', 'NOT_A_PROXY'],
    ['hangs up in the middle', '\x05\0\x05', 'UNREACHABLE'],
    ['hangs up at once', '', 'UNREACHABLE'],
  ])('fails when the proxy %s', async (_name, bytes, problem) => {
    await using proxy = await startProxy(async (client) => void client.end(asBytes(bytes)));
    const error = await failureOf(announce(TRACKER, REQUEST, { proxy: `socks5://${proxy.name}` }));
    expect(error.detail).toMatchObject({ code: 'PROXY_FAILED', problem });
  });

  it('does not wait for one that says nothing', async () => {
    await using proxy = await startProxy(async () => {});
    const options = { proxy: `socks5://${proxy.name}`, idleTimeoutMs: 50 };
    expect((await failureOf(announce(TRACKER, REQUEST, options))).detail).toMatchObject({
      code: 'TIMED_OUT',
      phase: 'connecting',
    });
  });
});

describe('announce() through an HTTP proxy', () => {
  it('has it pass requests on', async () => {
    await using server = await startTracker();
    await using proxy = await startHttpProxy(server.port);
    const options = { proxy: `http://us%3Aer:word@${proxy.name}` };
    const { peers } = await announce('http://me:key@t.invalid:81/announce?x', REQUEST, options);
    expect(peers).toEqual(PEERS);
    expect(server.requests[0]).toMatch(/^http:\/\/t\.invalid:81\/announce\?x&info_hash=/);
    expect(server.headers[0]).toMatchObject({
      host: 't.invalid:81',
      authorization: `Basic ${btoa('me:key')}`,
      'proxy-authorization': `Basic ${btoa('us:er:word')}`,
    });
  });

  it('has it connect what is secret', async () => {
    const certificate = makeCertificate({ hosts: ['t.invalid'] });
    await using server = await startTracker(certificate);
    await using proxy = await startHttpProxy(server.port);
    const world = { ...SYSTEM, ca: certificate.cert };
    const options = { proxy: `http://user:word@${proxy.name}` };
    const { peers } = await announceIn(world, 'https://t.invalid/announce', REQUEST, options);
    expect(peers).toEqual(PEERS);
    expect(proxy.asked).toEqual([
      'CONNECT t.invalid:443 HTTP/1.1\r\nHost: t.invalid:443\r\n' +
        `Proxy-Authorization: Basic ${btoa('user:word')}\r\n\r\n`,
    ]);
    expect(server.requests[0]).toMatch(/^\/announce\?info_hash=/);
    expect(server.headers[0]).not.toHaveProperty('proxy-authorization');
  });

  it.each([
    ['https://t.invalid/announce', 407, { code: 'PROXY_FAILED', problem: 'AUTHENTICATION' }],
    ['https://t.invalid/announce', 502, { code: 'PROXY_FAILED', problem: 'REFUSED', reason: 'status 502' }],
    ['http://t.invalid/announce', 407, { code: 'PROXY_FAILED', problem: 'AUTHENTICATION' }],
    ['http://t.invalid/announce', 502, { code: 'HTTP_STATUS', status: 502 }],
  ])('says why it does not reach %s: %i', async (tracker, status, expected) => {
    await using proxy = await startHttpProxy(1, status);
    const error = await failureOf(announce(tracker, REQUEST, { proxy: `http://${proxy.name}` }));
    expect(error.detail).toMatchObject(expected);
  });

  it.each([
    ['no HTTP', '\x05\0\r\n\r\n'],
    ['headers without an end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`],
  ])('fails when the proxy answers with %s', async (_name, bytes) => {
    await using proxy = await startProxy(async (client) => void client.end(asBytes(bytes)));
    const error = await failureOf(
      announce('https://t.invalid/announce', REQUEST, { proxy: `http://${proxy.name}` }),
    );
    expect(error.detail).toMatchObject({ code: 'PROXY_FAILED', problem: 'NOT_A_PROXY' });
  });
});

describe('what goes through no proxy', () => {
  it('is refused, and not sent around it', async () => {
    await using proxy = await startSocks({ port: 1 });
    const options = { proxy: `socks5://${proxy.name}` };
    const expected = { code: 'UNSUPPORTED_THROUGH_PROXY', protocol: 'udp:' };
    expect((await failureOf(announce('udp://127.0.0.1:1/announce', REQUEST, options))).detail).toMatchObject(
      expected,
    );
    const scraping = scrape('udp://127.0.0.1:1/announce', [REQUEST.infoHash], options);
    expect((await failureOf(scraping)).detail).toMatchObject(expected);
    expect(proxy.asked).toEqual([]);
  });

  it.each(['http://127.0.0.1:9091/rpc', 'http://localhost/rpc', 'http://[::1]/rpc', 'http://10.0.0.1/'])(
    'is %s',
    async (tracker) => {
      await using proxy = await startSocks({ port: 1 });
      const error = await failureOf(announce(tracker, REQUEST, { proxy: `socks5://${proxy.name}` }));
      expect([error.code, proxy.asked]).toEqual(['ADDRESS_REFUSED', []]);
    },
  );

  it('is where a public tracker redirects to nearby', async () => {
    await using server = await startHttp((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1/announce' }).end();
    });
    await using proxy = await startSocks(server);
    const error = await failureOf(announce(TRACKER, REQUEST, { proxy: `socks5://${proxy.name}` }));
    expect(error.detail).toMatchObject({ code: 'REDIRECT_REFUSED', problem: 'NARROWER_ADDRESS' });
    expect(proxy.asked).toEqual(['t.invalid:80']);
  });

  it('says which proxy cannot be reached', async () => {
    for (const [proxy, reason] of [
      ['socks5://user:word@127.0.0.1:1', 'ECONNREFUSED'],
      ['http://user:word@no-such-host.invalid:1', 'ENOTFOUND'],
    ] as const) {
      const error = await failureOf(announce(TRACKER, REQUEST, { proxy }));
      expect(error.detail).toMatchObject({ code: 'PROXY_FAILED', problem: 'UNREACHABLE' });
      expect(error.message).toContain(reason === 'ECONNREFUSED' ? reason : 'no-such-host.invalid');
      expect(error.message).not.toContain('word');
    }
  });
});
