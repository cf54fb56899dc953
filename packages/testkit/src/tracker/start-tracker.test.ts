import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { decode, type BencodeValue } from '@millrace/bencode';
import { describe, expect, it } from 'vitest';
import { payload } from '../payload.ts';
import { startSeeder } from '../peer/start-seeder.ts';
import { torrentOf } from '../torrent.ts';
import { startTracker, type Tracker } from './start-tracker.ts';

/** Every byte there is, spread over two hashes' worth of announces, must survive the way here. */
const INFO_HASH = Uint8Array.from({ length: 20 }, (_, at) => at * 13);

function escape(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function announceUrl(tracker: Tracker, more: Record<string, string | number> = {}, id = 1): string {
  const rest = { port: 6000 + id, uploaded: 0, downloaded: 0, left: 0, ...more };
  const query = Object.entries(rest).map(([name, value]) => `&${name}=${value}`);
  return `${tracker.url}?info_hash=${escape(INFO_HASH)}&peer_id=${escape(payload(20, id))}${query.join('')}`;
}

async function announce(tracker: Tracker, more?: Record<string, string | number>, id?: number) {
  const response = await fetch(announceUrl(tracker, more, id), { headers: { connection: 'close' } });
  return fields(decode(new Uint8Array(await response.arrayBuffer())));
}

/** Dictionaries as objects, byte strings as latin-1 text. */
function fields(value: BencodeValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, fields(item)]));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return Array.isArray(value) ? value.map((item: BencodeValue) => fields(item)) : value;
}

describe('an honest tracker', () => {
  it('records an announce as it came, for every byte', async () => {
    await using tracker = await startTracker();
    const hash = Uint8Array.from({ length: 20 }, (_, at) => 236 + at);
    const query = `info_hash=${escape(hash)}&peer_id=-XX0001-+abc~%00%7f%25%26zzz&port=1&uploaded=2&downloaded=3&left=4`;
    await fetch(`${tracker.url}?${query}&event=started&numwant=5&key=0a&trackerid=%ff&compact=1&x=1&port=9`);
    expect(tracker.announces).toEqual([
      expect.objectContaining({
        infoHash: hash,
        peerId: new TextEncoder().encode('-XX0001-+abc~\0\u007F%&zzz'),
        port: 9,
        uploaded: 2,
        downloaded: 3,
        left: 4,
        event: 'started',
        numWant: 5,
        key: '0a',
        trackerId: Uint8Array.of(255),
        compact: true,
        oddities: ['x', 'port'],
      }),
    ]);
    expect(tracker.announces[0]?.headers['user-agent']).toBe('node');
  });

  it('tells peers of one another in compact form, the asking one left out', async () => {
    await using tracker = await startTracker({
      interval: 60,
      minInterval: 30,
      trackerId: 'id',
      warning: 'hm',
    });
    await announce(tracker, { left: 0 }, 1);
    await announce(tracker, { left: 10, ip: '::1' }, 2);
    tracker.addPeer(INFO_HASH, { host: '10.1.2.3', port: 0x1a2b });
    expect(await announce(tracker, { left: 10 }, 3)).toEqual({
      interval: 60,
      'min interval': 30,
      complete: 2,
      incomplete: 2,
      downloaded: 0,
      'tracker id': 'id',
      'warning message': 'hm',
      peers: '\u007F\0\0\u0001\u0017\u0071\u000A\u0001\u0002\u0003\u001A\u002B',
      peers6: `${'\0'.repeat(15)}\u0001\u0017\u0072`,
    });
  });

  it('uses the old form for who asks for it, and always if told to', async () => {
    await using tracker = await startTracker();
    tracker.addPeer(INFO_HASH, { host: '10.1.2.3', port: 6881 });
    const peer = { ip: '10.1.2.3', port: 6881, 'peer id': expect.any(String) };
    expect(await announce(tracker, { compact: 0 })).toMatchObject({ peers: [peer] });
    await using old = await startTracker({
      form: 'dictionary',
      peers: [{ host: 'peer.example', port: 70_000 }],
    });
    expect(await announce(old, { compact: 1 })).toMatchObject({
      peers: [{ ip: 'peer.example', port: 70_000 }],
    });
  });

  it('keeps the swarm as events tell it', async () => {
    await using tracker = await startTracker();
    const swarm = tracker.swarm(INFO_HASH);
    await announce(tracker, { event: 'started', left: 5 });
    expect(swarm).toMatchObject({ seeders: 0, leechers: 1, downloads: 0 });
    await announce(tracker, { event: 'completed', left: 0 });
    expect(swarm).toMatchObject({ seeders: 1, leechers: 0, downloads: 1 });
    await announce(tracker, { event: 'stopped', left: 0 });
    expect(swarm).toMatchObject({ seeders: 0, leechers: 0, downloads: 1 });
  });

  it('gives no more peers than are wanted', async () => {
    await using tracker = await startTracker();
    for (let id = 0; id < 60; id += 1) tracker.addPeer(INFO_HASH, { host: '10.0.0.1', port: 1000 + id });
    const lengthFor = async (more: Record<string, number>): Promise<unknown> => {
      const answer = await announce(tracker, more);
      return (
        typeof answer === 'object' && answer !== null && 'peers' in answer && String(answer.peers).length / 6
      );
    };
    expect(await lengthFor({})).toBe(50);
    expect(await lengthFor({ numwant: 3 })).toBe(3);
    expect(await lengthFor({ numwant: 0 })).toBe(0);
  });

  it.each([
    ['port=x&uploaded=0&downloaded=0&left=0', 'port is missing or not a number'],
    ['port=1&uploaded=0&downloaded=0&left=-1', 'left is missing or not a number'],
    ['port=1&left=0', 'uploaded or downloaded is missing'],
    ['port=1&uploaded=0&downloaded=0&left=0&event=paused', 'event is unknown'],
  ])('refuses %s', async (query, reason) => {
    await using tracker = await startTracker();
    const ids = `info_hash=${escape(INFO_HASH)}&peer_id=${escape(payload(20, 1))}`;
    const response = await fetch(`${tracker.url}?${ids}&${query}`);
    expect(fields(decode(new Uint8Array(await response.arrayBuffer())))).toEqual({
      'failure reason': reason,
    });
    expect(tracker.swarm(INFO_HASH).peers).toEqual([]);
  });

  it('resolves as soon as an announce matches, and says so if none does', async () => {
    await using tracker = await startTracker();
    const completed = tracker.announced(({ event }) => event === 'completed');
    await announce(tracker, { event: 'started' });
    await announce(tracker, { event: 'completed' });
    expect(await completed).toBe(tracker.announces[1]);
    await expect(tracker.announced(() => false, 20)).rejects.toThrow('within 20 ms');
  });

  it('packs its answers if told to and the client can unpack them', async () => {
    await using tracker = await startTracker({ gzip: true });
    const response = await fetch(announceUrl(tracker));
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(fields(decode(new Uint8Array(await response.arrayBuffer())))).toMatchObject({ interval: 1800 });
  });

  it('learns of a seeder, and of its end', async () => {
    await using tracker = await startTracker();
    const { metainfo, payload: bytes } = await torrentOf(40_000);
    const seeder = await startSeeder({ metainfo, payload: bytes, tracker: tracker.url });
    const partial = await startSeeder({
      metainfo,
      payload: bytes,
      tracker: tracker.url,
      pieces: [2],
      host: '::1',
    });
    expect(tracker.swarm(metainfo.infoHash).peers).toEqual([
      { ...seeder.address, peerId: seeder.peerId, left: 0 },
      { ...partial.address, peerId: partial.peerId, left: 32_768 },
    ]);
    await seeder.close();
    await partial.close();
    expect(tracker.swarm(metainfo.infoHash).peers).toEqual([]);
  });

  it('listens on IPv6 and closes with connections open', async () => {
    const tracker = await startTracker({ host: '::1', misbehave: () => ({ type: 'silent' }) });
    const failed = fetch(announceUrl(tracker)).catch((error: unknown) => error);
    await tracker.announced(() => true);
    await Promise.all([tracker.close(), tracker.close()]);
    expect(await failed).toBeInstanceOf(TypeError);
  });
});

describe('a hostile tracker', () => {
  it('misbehaves for the announces it is told to', async () => {
    await using tracker = await startTracker({
      misbehave: (_announce, count) => (count === 0 ? { type: 'failure', reason: 'go away' } : undefined),
    });
    expect(await announce(tracker)).toEqual({ 'failure reason': 'go away' });
    expect(await announce(tracker)).toMatchObject({ interval: 1800 });
    tracker.misbehave({ type: 'interval', interval: -1 });
    expect(await announce(tracker)).toMatchObject({ interval: -1, peers: '' });
    tracker.misbehave({ type: 'interval', interval: 'soon' });
    expect(await announce(tracker)).toMatchObject({ interval: 'soon' });
    tracker.misbehave({ type: 'peers', peers: [{ host: '127.0.0.1', port: 0 }] });
    expect(await announce(tracker)).toMatchObject({ peers: '\u007F\0\0\u0001\0\0' });
    tracker.misbehave({ type: 'compactPeers', bytes: new Uint8Array(7) });
    expect(await announce(tracker)).toMatchObject({ peers: '\0'.repeat(7) });
    tracker.misbehave(undefined);
    expect(await announce(tracker)).toMatchObject({ interval: 1800 });
  });

  it('answers statuses, bodies and redirects as given', async () => {
    await using tracker = await startTracker();
    tracker.misbehave({ type: 'status', status: 503 });
    const failed = await fetch(announceUrl(tracker));
    expect([failed.status, await failed.text()]).toEqual([503, '<h1>Sorry</h1>']);
    tracker.misbehave({ type: 'body', body: payload(100), headers: { 'x-odd': '1' } });
    const odd = await fetch(announceUrl(tracker));
    expect(odd.headers.get('x-odd')).toBe('1');
    expect(new Uint8Array(await odd.arrayBuffer())).toEqual(payload(100));
    tracker.misbehave({ type: 'redirect', location: 'file:///etc/passwd', status: 307 });
    const redirect = await fetch(announceUrl(tracker), { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([307, 'file:///etc/passwd']);
    tracker.misbehave({ type: 'nested', depth: 1000 });
    expect(await (await fetch(announceUrl(tracker))).text()).toBe('l'.repeat(1000));
  });

  it('redirects in a circle, and counts', async () => {
    await using tracker = await startTracker();
    tracker.misbehave({ type: 'redirectLoop' });
    await expect(fetch(announceUrl(tracker))).rejects.toThrow('fetch failed');
    expect(tracker.requestCount).toBeGreaterThan(5);
    expect(tracker.announces.at(-1)).toMatchObject({ infoHash: INFO_HASH });
  });

  it.each(['infiniteBody', 'infiniteHeader'] as const)(
    'sends an %s until the client hangs up',
    async (type) => {
      await using tracker = await startTracker({ misbehave: () => ({ type }) });
      const socket = connect(Number(new URL(tracker.url).port), '127.0.0.1');
      socket.write(
        `GET ${announceUrl(tracker).slice(tracker.url.length - '/announce'.length)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      );
      let length = 0;
      socket.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > 2_000_000) socket.destroy();
      });
      await new Promise((resolve) => socket.once('close', resolve));
      expect(tracker.sentBytes).toBeGreaterThan(2_000_000);
      expect(tracker.sentBytes).toBeLessThan(64_000_000);
    },
  );

  it('sends a small body that unpacks to a huge one', async () => {
    await using tracker = await startTracker({
      misbehave: () => ({ type: 'gzipBomb', unpackedLength: 20_000_000 }),
    });
    const socket = connect(Number(new URL(tracker.url).port), '127.0.0.1');
    const path = announceUrl(tracker).slice(tracker.url.length - '/announce'.length);
    socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const all = Buffer.concat(chunks);
    expect(all.length).toBeLessThan(60_000);
    const unpacked = gunzipSync(all.subarray(all.indexOf('\r\n\r\n') + 4));
    expect(unpacked.length).toBeGreaterThan(20_000_000);
    expect(unpacked.subarray(0, 17).toString()).toBe('d5:peers20000000:');
  });

  it('drips, cuts, resets', async () => {
    await using tracker = await startTracker();
    tracker.misbehave({ type: 'drip', everyMs: 1 });
    expect(await announce(tracker)).toMatchObject({ interval: 1800 });
    tracker.misbehave({ type: 'cutBody', sentLength: 10 });
    await expect(announce(tracker)).rejects.toThrow('terminated');
    tracker.misbehave({ type: 'reset' });
    await expect(announce(tracker)).rejects.toThrow('fetch failed');
  });
});
