import { formatInfoHash } from '@millrace/metainfo';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLocalAnnounce, encodeLocalAnnounces, LOCAL_GROUPS } from './announce.ts';
import { LocalDiscoveryError } from './error.ts';
import { ascii, hashOf } from './testing/hashes.ts';

const [IPV4, IPV6] = LOCAL_GROUPS;
const HEX = '0123456789abcdef0123456789abcdef01234567';
const REQUEST = 'BT-SEARCH * HTTP/1.1\r\n';

describe('encodeLocalAnnounces()', () => {
  it('writes what BEP 14 shows, for each group', () => {
    const announce = { port: 6881, infoHashes: [hashOf(0x01010101)], cookie: 'c00k1e' };
    const rest = `Port: 6881\r\nInfohash: ${'01'.repeat(20)}\r\ncookie: c00k1e\r\n\r\n\r\n`;
    expect(encodeLocalAnnounces(announce, IPV4)).toEqual([
      ascii(`${REQUEST}Host: 239.192.152.143:6771\r\n${rest}`),
    ]);
    expect(encodeLocalAnnounces(announce, IPV6)).toEqual([
      ascii(`${REQUEST}Host: [ff15::efc0:988f]:6771\r\n${rest}`),
    ]);
  });

  it('splits many torrents over datagrams of at most 1,400 bytes, as few as will do', () => {
    const infoHashes = Array.from({ length: 100 }, (_, at) => hashOf(at));
    const datagrams = encodeLocalAnnounces({ port: 65_535, infoHashes, cookie: 'x'.repeat(64) }, IPV6);
    expect(datagrams).toHaveLength(5);
    expect(datagrams.every(({ length }) => length <= 1_400)).toBe(true);
    expect(datagrams.flatMap((datagram) => decodeLocalAnnounce(datagram).infoHashes)).toEqual(infoHashes);
  });

  it.each([
    ['port 0', { port: 0, infoHashes: [hashOf(1)] }],
    ['port 65536', { port: 65_536, infoHashes: [hashOf(1)] }],
    ['no torrent', { port: 1, infoHashes: [] }],
    ['a cookie with a line end', { port: 1, infoHashes: [hashOf(1)], cookie: 'a\r\nb' }],
    ['an endless cookie', { port: 1, infoHashes: [hashOf(1)], cookie: 'a'.repeat(65) }],
  ])('refuses %s', (_, announce) => {
    expect(() => encodeLocalAnnounces(announce, IPV4)).toThrow(RangeError);
  });
});

describe('decodeLocalAnnounce()', () => {
  it('reads what is encoded', () => {
    const anyHash = fc.nat({ max: 0xffffffff }).map(hashOf);
    const anyAnnounce = fc.record({
      port: fc.integer({ min: 1, max: 65_535 }),
      infoHashes: fc.uniqueArray(anyHash, { minLength: 1, maxLength: 20, selector: formatInfoHash }),
      cookie: fc.stringMatching(/^[\da-zA-Z_-]{1,64}$/),
    });
    fc.assert(
      fc.property(anyAnnounce, fc.constantFrom(IPV4, IPV6), (announce, group) => {
        const [datagram = new Uint8Array(0)] = encodeLocalAnnounces(announce, group);
        expect(decodeLocalAnnounce(datagram)).toEqual(announce);
      }),
    );
  });

  it('takes headers in any order and case, with or without spaces, and leaves out what it does not know', () => {
    const text = `${REQUEST}INFOHASH:${HEX.toUpperCase()}\r\nX-New: yes\r\nInfohash: ${HEX}\r\nport:  51413 \r\n\r\n`;
    const { port, infoHashes, cookie } = decodeLocalAnnounce(ascii(text));
    expect([port, infoHashes.map(formatInfoHash), cookie]).toEqual([51_413, [HEX], undefined]);
  });

  it('leaves out info hashes of another form', () => {
    const text = `${REQUEST}Port: 1\r\nInfohash: ${HEX}${HEX.slice(0, 24)}\r\nInfohash: ${HEX}\r\n\r\n\r\n`;
    expect(decodeLocalAnnounce(ascii(text)).infoHashes.map(formatInfoHash)).toEqual([HEX]);
  });

  it.each([
    ['nothing', '', 'NOT_AN_ANNOUNCE'],
    ['an SSDP search', 'M-SEARCH * HTTP/1.1\r\nPort: 1\r\n', 'NOT_AN_ANNOUNCE'],
    ['another version', `BT-SEARCH * HTTP/1.0\r\nPort: 1\r\nInfohash: ${HEX}\r\n`, 'NOT_AN_ANNOUNCE'],
    ['what is not ASCII', `${REQUEST}Port: 1\r\nInfohash: ${HEX}\r\nX: ä\r\n`, 'NOT_AN_ANNOUNCE'],
    ['no port', `${REQUEST}Infohash: ${HEX}\r\n\r\n`, 'INVALID_PORT'],
    ['port 0', `${REQUEST}Port: 0\r\nInfohash: ${HEX}\r\n\r\n`, 'INVALID_PORT'],
    ['port 65536', `${REQUEST}Port: 65536\r\nInfohash: ${HEX}\r\n\r\n`, 'INVALID_PORT'],
    ['a port in hexadecimal', `${REQUEST}Port: 0x10\r\nInfohash: ${HEX}\r\n\r\n`, 'INVALID_PORT'],
    ['no torrent', `${REQUEST}Port: 1\r\n\r\n`, 'NO_INFO_HASH'],
    [
      'a torrent after the end of the headers',
      `${REQUEST}Port: 1\r\n\r\nInfohash: ${HEX}\r\n`,
      'NO_INFO_HASH',
    ],
    ['half an info hash', `${REQUEST}Port: 1\r\nInfohash: ${HEX.slice(1)}\r\n\r\n`, 'NO_INFO_HASH'],
    ['more than fits', `${REQUEST}${'X: y\r\n'.repeat(400)}`, 'TOO_LONG'],
  ])('refuses %s', (_, text, code) => {
    expect(() => decodeLocalAnnounce(ascii(text))).toThrowError(expect.objectContaining({ code }));
  });

  it('answers whatever comes with an announce or its error, cut anywhere', () => {
    const [datagram = new Uint8Array(0)] = encodeLocalAnnounces(
      { port: 6881, infoHashes: [hashOf(1), hashOf(2)], cookie: 'abc' },
      IPV4,
    );
    for (let cut = 0; cut < datagram.length; cut += 1)
      expect(isReadOrRefused(datagram.subarray(0, cut))).toBe(true);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => isReadOrRefused(bytes)));
    const anyTail = fc.string({ unit: 'binary-ascii', maxLength: 200 });
    fc.assert(fc.property(anyTail, (tail) => isReadOrRefused(ascii(REQUEST + tail))));
  });
});

function isReadOrRefused(datagram: Uint8Array): boolean {
  try {
    return decodeLocalAnnounce(datagram).infoHashes.length > 0;
  } catch (error) {
    return LocalDiscoveryError.is(error) && error.message.startsWith('Cannot read local announce: ');
  }
}
