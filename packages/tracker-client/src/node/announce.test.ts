import type { RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addressScope, type AddressScope } from '../address-scope.ts';
import type { AnnounceRequest, AnnounceResponse } from '../announce.ts';
import { parseIp } from '../ip-address.ts';
import { asBytes } from '../testing/bytes.ts';
import { inDays, makeCertificate } from '../testing/certificate.ts';
import { ANSWER, REQUEST } from '../testing/sample.ts';
import { startHttp, startRaw, type TrackerServer } from '../testing/tracker-server.ts';
import { announceIn } from './announce-in.ts';
import { announce } from './announce.ts';
import { SYSTEM, type Environment } from './environment.ts';
import { HostResolver } from './host-resolver.ts';
import type { AnnounceOptions } from './options.ts';

const PEERS = [{ host: '192.0.2.7', port: 6881 }];
const honest: RequestListener = (_request, response) => void response.end(asBytes(ANSWER));

function redirect(location: string | (() => string), status = 302): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { location: typeof location === 'string' ? location : location() });
    response.end('<h1>Over there</h1>');
  };
}

function announceWith(
  part: Partial<Environment>,
  tracker: string,
  options: AnnounceOptions = {},
): Promise<AnnounceResponse> {
  return announceIn({ ...SYSTEM, ...part }, tracker, REQUEST, options);
}

/** A resolver that knows these names and no others. */
function names(known: Readonly<Record<string, readonly string[]>>): HostResolver {
  return new HostResolver(async (host) => {
    const addresses = known[host];
    if (addresses === undefined) throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  }, 2);
}

/** Sees one loopback address as lying elsewhere. */
function placed(places: Readonly<Record<string, AddressScope>>): Environment['scopeOf'] {
  return (address) => places[address] ?? addressScope(parseIp(address) ?? new Uint8Array(4));
}

/** The TCP sockets this process holds, servers' ends included. */
function socketCount(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCPSocket|TLS)Wrap$/.test(name)).length;
}

describe('announce()', () => {
  it('sends the request as it is encoded, and little else', async () => {
    let seen: ServerResponse['req'] | undefined;
    await using server = await startHttp((request, response) => {
      seen = request;
      honest(request, response);
    });
    const request: AnnounceRequest = { ...REQUEST, event: 'started', numWant: 7 };
    const { peers } = await announce(`${server.url}?passkey=a|b'%zz`, request, { userAgent: 'test/1' });
    expect(peers).toEqual(PEERS);
    expect(seen?.url).toMatch(
      /^\/announce\?passkey=a\|b'%zz&info_hash=%00%0D%1A%274AN%5B.*&event=started&numwant=7$/,
    );
    expect(seen?.headers).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'close',
      'user-agent': 'test/1',
      'accept-encoding': 'gzip',
    });
  });

  it('leaves no socket and no timer, however it ends', async () => {
    await using good = await startHttp(honest);
    await using silent = await startHttp(() => {});
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await announce(good.url, REQUEST);
    await announce(silent.url, REQUEST, { idleTimeoutMs: 30 }).catch(() => {});
    await announce(good.url, REQUEST, { maxBodyBytes: 3 }).catch(() => {});
    await announce('http://127.0.0.1:1/announce', REQUEST).catch(() => {});
    await Promise.all([good.allClosed(), silent.allClosed()]);
    // A socket whose connection was refused is counted for a turn or two after it has closed.
    await expect.poll(socketCount, { interval: 1, timeout: 50 }).toBe(0);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('reaches a tracker over IPv6', async () => {
    await using server = await startHttp(honest, { host: '::1' });
    const { peers } = await announce(`http://[::1]:${server.port}/announce`, REQUEST);
    expect(peers).toEqual(PEERS);
  });

  it('connects from the address it is told', async () => {
    let remote: string | undefined;
    await using server = await startHttp((request, response) => {
      remote = request.socket.remoteAddress;
      honest(request, response);
    });
    await announce(server.url, REQUEST, { localAddress: '127.0.0.2' });
    expect(remote).toBe('127.0.0.2');
  });

  it.each([
    ['wss://127.0.0.1:6969/announce', { code: 'UNSUPPORTED_PROTOCOL', detail: { protocol: 'wss:' } }],
    ['nonsense', { code: 'INVALID_URL' }],
    ['http://127.0.0.1:1/announce', { code: 'REFUSED' }],
    ['http://no-such-host.invalid/announce', { code: 'NOT_RESOLVED' }],
    ['http://127.0.0.1:9091/transmission/rpc?method=x', { code: 'ADDRESS_REFUSED' }],
    ['http://192.168.0.1/setup?announce', { code: 'ADDRESS_REFUSED' }],
  ])('refuses %s', async (tracker, expected) => {
    await expect(announce(tracker, REQUEST)).rejects.toMatchObject(expected);
  });

  it.each([
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 31 },
    { idleTimeoutMs: 1.5 },
    { maxBodyBytes: -1 },
    { maxRedirects: -1 },
    { maxPeers: Number.NaN },
    { localAddress: 'here' },
  ])('refuses the options %j', async (options) => {
    await expect(announce('http://127.0.0.1:1/announce', REQUEST, options)).rejects.toThrow(RangeError);
  });

  it('refuses a user agent that would be two headers', async () => {
    await expect(
      announce('http://127.0.0.1:1/announce', REQUEST, { userAgent: 'a\r\nb: c' }),
    ).rejects.toThrow(TypeError);
  });
});

describe('announce() and its signal', () => {
  it('does nothing if it is aborted before', async () => {
    await using server = await startHttp(honest);
    const reason = new Error('enough');
    await expect(announce(server.url, REQUEST, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.connectionCount).toBe(0);
  });

  it.each<[string, (abort: () => void) => RequestListener]>([
    ['before the answer', (abort) => () => abort()],
    [
      'within a body of known length',
      (abort) => (_request, response) => {
        response.writeHead(200, { 'content-length': 99 });
        response.write('d8:', () => setTimeout(abort, 20));
      },
    ],
    [
      'within a body in chunks',
      (abort) => (_request, response) => void response.write('d8:', () => setTimeout(abort, 20)),
    ],
  ])('rejects with the reason %s, and hangs up', async (_name, listen) => {
    const controller = new AbortController();
    const reason = { any: 'value' };
    await using server = await startHttp(listen(() => controller.abort(reason)));
    await expect(announce(server.url, REQUEST, { signal: controller.signal })).rejects.toBe(reason);
    await server.allClosed();
  });

  it('survives hanging up on a body whose end is that of the connection', async () => {
    const controller = new AbortController();
    await using server = await startRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nd8:');
      setTimeout(() => controller.abort('enough'), 20);
    });
    await expect(announce(server.url, REQUEST, { signal: controller.signal })).rejects.toBe('enough');
    await server.allClosed();
  });

  it('stops waiting for a name that does not resolve', async () => {
    const resolver = new HostResolver(() => new Promise(() => {}), 2);
    const controller = new AbortController();
    const waiting = [1, 2, 3].map(() =>
      announceWith({ resolver }, 'http://t.example/announce', { signal: controller.signal }),
    );
    controller.abort('enough');
    expect(await Promise.allSettled(waiting)).toEqual(
      Array.from({ length: 3 }, () => ({ status: 'rejected', reason: 'enough' })),
    );
  });

  it('gives up names that are not resolved in time, also those that wait for their turn', async () => {
    const resolver = new HostResolver(() => new Promise(() => {}), 1, 20);
    for (const host of ['a.example', 'b.example']) {
      await expect(announceWith({ resolver }, `http://${host}/announce`)).rejects.toMatchObject({
        detail: { code: 'NOT_RESOLVED', host, reason: 'TIMED_OUT' },
      });
    }
  });

  it('gives a name no more time than anything else', async () => {
    const resolver = new HostResolver(() => new Promise(() => {}), 1);
    await expect(
      announceWith({ resolver }, 'http://t.example/announce', { idleTimeoutMs: 30 }),
    ).rejects.toMatchObject({
      detail: { code: 'TIMED_OUT', phase: 'resolving', limit: 'idle', limitMs: 30 },
    });
  });
});

describe('announce() and redirects', () => {
  it.each([301, 302, 303, 307, 308])('follows status %i', async (status) => {
    await using target = await startHttp(honest);
    await using server = await startHttp(redirect(target.url, status));
    expect((await announce(server.url, REQUEST)).peers).toEqual(PEERS);
    await Promise.all([server.allClosed(), target.allClosed()]);
  });

  it('follows relative ones, and sends what it was told exactly', async () => {
    await using server = await startHttp((request, response) => {
      if (request.url?.startsWith('/announce/x|y') === true) honest(request, response);
      else redirect('/announce/x|y?a=%zz')(request, response);
    });
    expect((await announce(server.url, REQUEST)).peers).toEqual(PEERS);
    expect(server.requests[1]).toBe('/announce/x|y?a=%zz');
  });

  it('refuses two at once', async () => {
    await using server = await startHttp((_request, response) => {
      response.writeHead(302, ['location', '/announce?1', 'location', '/announce?2']).end();
    });
    await expect(announce(server.url, REQUEST)).rejects.toMatchObject({
      detail: { code: 'REDIRECT_REFUSED', problem: 'NOT_A_URL' },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('follows five and no more', async () => {
    let server: TrackerServer | undefined;
    await using loop = await startHttp(redirect(() => server?.url ?? ''));
    server = loop;
    await expect(announce(loop.url, REQUEST)).rejects.toMatchObject({
      detail: { code: 'REDIRECT_LIMIT', maxRedirects: 5 },
    });
    expect(loop.requests).toHaveLength(6);
    await expect(announce(loop.url, REQUEST, { maxRedirects: 0 })).rejects.toMatchObject({
      code: 'REDIRECT_LIMIT',
    });
    expect(loop.requests).toHaveLength(7);
  });

  it.each([
    ['file:///etc/passwd', 'OTHER_PROTOCOL'],
    ['ftp://127.0.0.1/announce', 'OTHER_PROTOCOL'],
    ['udp://127.0.0.1:1', 'OTHER_PROTOCOL'],
    ['javascript:alert(1)', 'NOT_A_URL'],
    ['data:text/plain,de', 'NOT_A_URL'],
    ['http://', 'NOT_A_URL'],
    ['/\\evil.example/', 'NOT_A_URL'],
    ['http://ex%61mple/', 'HOST_NOT_ASCII'],
    [`/${'a'.repeat(9_000)}`, 'TOO_LONG'],
    ['http://127.0.0.1:9091/transmission/rpc', 'LOCAL_PATH'],
  ])('refuses one to %j', async (location, problem) => {
    await using server = await startHttp(redirect(location));
    await expect(announce(server.url, REQUEST)).rejects.toMatchObject({
      detail: { code: 'REDIRECT_REFUSED', problem },
    });
    await server.allClosed();
  });

  it.each<[AddressScope, AddressScope, boolean]>([
    ['public', 'public', true],
    ['public', 'local', false],
    ['public', 'loopback', false],
    ['local', 'local', true],
    ['local', 'loopback', false],
    ['loopback', 'loopback', true],
    ['loopback', 'public', true],
  ])('from a %s address to a %s one: allowed is %s', async (from, to, isAllowed) => {
    await using target = await startHttp(honest, { host: '127.0.0.2' });
    await using server = await startHttp(redirect(target.url));
    const environment = { scopeOf: placed({ '127.0.0.1': from, '127.0.0.2': to }) };
    const announcing = announceWith(environment, server.url);
    if (isAllowed) expect((await announcing).peers).toEqual(PEERS);
    else
      await expect(announcing).rejects.toMatchObject({
        detail: { code: 'REDIRECT_REFUSED', problem: 'NARROWER_ADDRESS' },
      });
    expect(target.requests).toHaveLength(isAllowed ? 1 : 0);
  });

  it('does not follow a name to an address nearby, nor use one a name has besides', async () => {
    await using target = await startHttp(honest, { host: '127.0.0.2' });
    await using server = await startHttp(redirect(`http://inside.example:${target.port}/announce`));
    const resolver = names({ 'inside.example': ['127.0.0.2'], 'both.example': ['127.0.0.2', '127.0.0.1'] });
    const scopeOf = placed({ '127.0.0.1': 'public' });
    const both = `http://both.example:${server.port}/announce`;
    await expect(announceWith({ resolver, scopeOf }, both)).rejects.toMatchObject({
      detail: { problem: 'NARROWER_ADDRESS' },
    });
    expect(server.requests).toHaveLength(1);
    expect(target.connectionCount).toBe(0);
  });

  it('asks a name that stands for an address nearby only if it is allowed', async () => {
    await using server = await startHttp(honest);
    const tracker = `http://inside.example:${server.port}/announce`;
    const resolver = names({ 'inside.example': ['127.0.0.1'] });
    await expect(announceWith({ resolver }, tracker)).rejects.toMatchObject({
      detail: { code: 'ADDRESS_REFUSED', address: '127.0.0.1', problem: 'PRIVATE_NAME' },
    });
    expect(server.connectionCount).toBe(0);
    expect((await announceWith({ resolver }, tracker, { allowPrivate: true })).peers).toEqual(PEERS);
  });

  it('tells name and password to their own origin alone', async () => {
    const seen: (string | undefined)[] = [];
    const listen =
      (next?: string): RequestListener =>
      (request, response) => {
        seen.push(request.headers.authorization);
        (next === undefined ? honest : redirect(next))(request, response);
      };
    await using other = await startHttp(listen());
    await using server = await startHttp(listen(other.url.replace('//', '//mallory:secret@')));
    await announce(server.url.replace('//', '//us%40er:p%3Ass@'), REQUEST);
    expect(seen).toEqual([`Basic ${btoa('us@er:p:ss')}`, undefined]);
  });
});

describe('announce() over TLS', () => {
  const trusted = makeCertificate({ hosts: ['127.0.0.1', 'localhost'] });

  it('takes a certificate that is trusted, for an address and for a name', async () => {
    await using server = await startHttp(honest, { certificate: trusted });
    for (const host of ['127.0.0.1', 'localhost']) {
      const tracker = `https://${host}:${server.port}/announce`;
      expect((await announceWith({ ca: trusted.cert }, tracker)).peers).toEqual(PEERS);
    }
    await server.allClosed();
    await expect.poll(socketCount, { interval: 1, timeout: 50 }).toBe(0);
  });

  it('refuses one that signed itself, also where the environment would not verify', async () => {
    await using server = await startHttp(honest, { certificate: trusted });
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await expect(announce(server.url, REQUEST)).rejects.toMatchObject({
        detail: { code: 'TLS', reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
    expect(server.requests).toEqual([]);
    await server.allClosed();
  });

  it.each([
    ['another name', makeCertificate({ hosts: ['other.example'] }), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [
      'a time that is over',
      makeCertificate({ hosts: ['127.0.0.1'], notAfter: inDays(-1) }),
      'CERT_HAS_EXPIRED',
    ],
  ])('refuses one for %s', async (_name, certificate, reason) => {
    await using server = await startHttp(honest, { certificate });
    await expect(announceWith({ ca: certificate.cert }, server.url)).rejects.toMatchObject({
      detail: { code: 'TLS', reason },
    });
    expect(server.requests).toEqual([]);
  });

  it('refuses a server that does not speak it', async () => {
    await using server = await startHttp(honest);
    await expect(announce(server.url.replace('http:', 'https:'), REQUEST)).rejects.toMatchObject({
      code: 'TLS',
    });
  });

  it('does not wait for a handshake for ever', async () => {
    await using server = await startRaw(() => {});
    const tracker = server.url.replace('http:', 'https:');
    await expect(announce(tracker, REQUEST, { idleTimeoutMs: 50 })).rejects.toMatchObject({
      detail: { code: 'TIMED_OUT', phase: 'securing' },
    });
    await server.allClosed();
  });
});
