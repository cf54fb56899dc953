import type { InfoHash } from '@millrace/metainfo';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnnounceEvent } from './announce.ts';
import { encodeAnnounceUrl } from './encode-announce-url.ts';
import { asBytes } from './testing/bytes.ts';
import { REQUEST } from './testing/sample.ts';

const QUERY =
  'info_hash=%00%0D%1A%274AN%5Bhu%82%8F%9C%A9%B6%C3%D0%DD%EA%F7' +
  '&peer_id=-MR0001-abcdefghijk~&port=6881&uploaded=0&downloaded=0&left=5&compact=1';

describe('encodeAnnounceUrl()', () => {
  it.each([
    ['http://t.example/announce', 'http://t.example/announce?'],
    ['https://t.example:8443/announce', 'https://t.example:8443/announce?'],
    ['HTTP://T.Example/Announce', 'http://T.Example/Announce?'],
    ['http://t.example', 'http://t.example/?'],
    ['http://t.example?a', 'http://t.example/?a&'],
    ['http://t.example/announce?', 'http://t.example/announce?'],
    ['http://t.example/announce?passkey=0123abcd', 'http://t.example/announce?passkey=0123abcd&'],
    ['http://t.example/announce?passkey=0123abcd&', 'http://t.example/announce?passkey=0123abcd&'],
    ['http://t.example/announce.php?a=%zz&b=%2F&c=+;d', 'http://t.example/announce.php?a=%zz&b=%2F&c=+;d&'],
    ['http://t.example/0123abcd/announce/|{}^\'`<>"', 'http://t.example/0123abcd/announce/|{}^\'`<>"?'],
    ['http://t.example/a/../%2e%2e//announce', 'http://t.example/a/../%2e%2e//announce?'],
    ['http://t.example/announce#part', 'http://t.example/announce?'],
    ['http://t.example/announce?a=1#part?b', 'http://t.example/announce?a=1&'],
    ['  http://t.example/announce\r\n', 'http://t.example/announce?'],
    ['http://t.example/a b\r\nx: y/é', 'http://t.example/a%20b%0D%0Ax:%20y/%C3%A9?'],
    ['http://t.example/a\\b', 'http://t.example/a\\b?'],
    ['http://user:p%40ss@t.example/announce', 'http://user:p%40ss@t.example/announce?'],
    ['http://[2001:db8::1]:6969/announce', 'http://[2001:db8::1]:6969/announce?'],
    ['http://xn--e1aybc.example/announce', 'http://xn--e1aybc.example/announce?'],
  ])('adds the request to %j', (tracker, expected) => {
    expect(encodeAnnounceUrl(tracker, REQUEST)).toBe(expected + QUERY);
  });

  it.each<AnnounceEvent>(['started', 'completed', 'stopped'])('says %s', (event) => {
    expect(encodeAnnounceUrl('http://t.example/', { ...REQUEST, event })).toBe(
      `http://t.example/?${QUERY}&event=${event}`,
    );
  });

  it('says everything else that is known', () => {
    const url = encodeAnnounceUrl('http://t.example/', {
      ...REQUEST,
      uploaded: Number.MAX_SAFE_INTEGER,
      numWant: 0,
      key: 0xab,
      ip: '2001:db8::1',
      trackerId: Uint8Array.of(0, 0xff, 0x26),
    });
    expect(url).toContain('&uploaded=9007199254740991&');
    expect(url.endsWith('&compact=1&numwant=0&key=000000ab&ip=2001%3Adb8%3A%3A1&trackerid=%00%FF%26')).toBe(
      true,
    );
  });

  it('carries every byte of hash, peer id and tracker id', () => {
    const twenty = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(twenty, twenty, fc.uint8Array(), (infoHash, peerId, trackerId) => {
        const request = {
          ...REQUEST,
          infoHash: infoHash as InfoHash,
          peerId: peerId as typeof REQUEST.peerId,
          trackerId,
        };
        const url = encodeAnnounceUrl('http://t.example/announce?a=b', request);
        expect(url).toMatch(/^[!-~]*$/);
        const fields = new Map(
          url
            .slice(url.indexOf('?') + 1)
            .split('&')
            .map((pair) => pair.split('=') as [string, string]),
        );
        const read = (name: string): Uint8Array => asBytes(unescape(fields.get(name) ?? ''));
        expect([read('info_hash'), read('peer_id'), read('trackerid')]).toEqual([
          infoHash,
          peerId,
          trackerId,
        ]);
      }),
    );
  });

  it.each([
    ['', 'NOT_A_URL'],
    ['announce', 'NOT_A_URL'],
    ['//t.example/announce', 'NOT_A_URL'],
    ['t.example:80/announce', 'NOT_A_URL'],
    ['http:t.example', 'NOT_A_URL'],
    ['http://', 'NOT_A_URL'],
    ['http:///announce', 'NOT_A_URL'],
    ['http://:80/', 'NOT_A_URL'],
    ['http://t.example:0/', 'NOT_A_URL'],
    ['http://t.example:65536/', 'NOT_A_URL'],
    ['http://t.example:x/', 'NOT_A_URL'],
    ['http://[::1/', 'NOT_A_URL'],
    ['http://t.example\\@evil.example/', 'NOT_A_URL'],
    ['http://1.2.3.4.5/', 'NOT_A_URL'],
    ['http://трекер.example/announce', 'HOST_NOT_ASCII'],
    ['http://ex%61mple/', 'HOST_NOT_ASCII'],
    ['http://t\u{200B}.example/', 'HOST_NOT_ASCII'],
    ['http://a b/', 'HOST_NOT_ASCII'],
    [`http://t.example/${'a'.repeat(4_096)}`, 'TOO_LONG'],
  ])('refuses %j', (tracker, problem) => {
    expect(() => encodeAnnounceUrl(tracker, REQUEST)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ code: 'INVALID_URL', problem }) }),
    );
  });

  it.each(['udp://t.example:80', 'wss://t.example/', 'ftp://t.example/', 'file:///announce', 'i2p://x/'])(
    'refuses the protocol of %s',
    (tracker) => {
      expect(() => encodeAnnounceUrl(tracker, REQUEST)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED_PROTOCOL' }),
      );
    },
  );

  it.each([
    { port: 0 },
    { port: 65_536 },
    { port: 1.5 },
    { left: -1 },
    { left: Number.NaN },
    { uploaded: 2 ** 53 },
    { downloaded: 0.5 },
    { numWant: -1 },
    { key: -1 },
    { key: 2 ** 32 },
    { trackerId: new Uint8Array(1_025) },
    { ip: 'a'.repeat(256) },
    { infoHash: new Uint8Array(19) as InfoHash },
  ])('refuses the request %j', (part) => {
    expect(() => encodeAnnounceUrl('http://t.example/', { ...REQUEST, ...part })).toThrow(RangeError);
  });

  it('refuses an event that is none', () => {
    expect(() =>
      encodeAnnounceUrl('http://t.example/', { ...REQUEST, event: 'paused' as AnnounceEvent }),
    ).toThrow(TypeError);
  });
});
