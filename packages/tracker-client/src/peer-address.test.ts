import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIP } from 'node:net';
import { formatIp, parseIp } from './ip-address.ts';
import { formatPeerAddress, parsePeerAddress } from './peer-address.ts';

describe('parsePeerAddress()', () => {
  it.each([
    ['192.0.2.7:6881', '192.0.2.7', 6881],
    ['[::1]:80', '::1', 80],
    ['[2001:DB8:0:0:1::]:65535', '2001:db8:0:0:1::', 65535],
    ['[::ffff:192.0.2.7]:1', '192.0.2.7', 1],
    ['Peer.example:6881', 'peer.example', 6881],
    ['localhost:6881', 'localhost', 6881],
  ])('reads %s', (text, host, port) => {
    expect(parsePeerAddress(text)).toEqual({ host, port });
  });

  it.each([
    '',
    ':',
    '192.0.2.7',
    '192.0.2.7:',
    '192.0.2.7:0',
    '192.0.2.7:65536',
    '192.0.2.7:-1',
    '192.0.2.7:1.5',
    '192.0.2.7:+80',
    '192.0.2.7: 80',
    '192.0.2.256:80',
    '192.0.2:80',
    '127.1:80',
    '0x7f.1:80',
    '0177.0.0.1:80',
    '::1:80',
    '[::1]',
    '[::1:80',
    '[192.0.2.7]:80',
    '[]:80',
    '[fe80::1%eth0]:80',
    '[1::2::3]:80',
    '[1:2:3:4:5:6:7:8:9]:80',
    '[1:2:3:4:5:6:7::8]:80',
    '[:::]:80',
    'a b:80',
    'a\n:80',
    '-a.example:80',
    'a..example:80',
    'пир.example:80',
    `${'a'.repeat(64)}.example:80`,
    `${'a.'.repeat(200)}a:80`,
    'http://192.0.2.7:80',
  ])('refuses %j', (text) => {
    expect(() => parsePeerAddress(text)).toThrow(RangeError);
  });

  it('reads what formatPeerAddress() writes', () => {
    const host = fc
      .oneof(fc.ipV4(), fc.ipV6(), fc.domain())
      .filter((text) => !/\.\d[^.]*$/.test(text) || isIP(text) !== 0);
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const address = parsePeerAddress(formatPeerAddress({ host: name, port }));
        expect(parsePeerAddress(formatPeerAddress(address))).toEqual(address);
        expect(address.port).toBe(port);
        expect(isIP(address.host) === 0).toBe(isIP(name) === 0);
      }),
    );
  });
});

describe('formatIp()', () => {
  it.each([
    ['2001:db8::1', '2001:0db8:0000:0000:0000:0000:0000:0001'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1::1', '2001:0:0:1:0:0:0:1'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0:1:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['1::', '1:0:0:0:0:0:0:0'],
    ['192.0.2.7', '::ffff:c000:207'],
  ])('writes %s for %s', (expected, text) => {
    expect(formatIp(parseIp(text) ?? new Uint8Array(0))).toBe(expected);
  });

  it('agrees with the URL class, and is read back, for every address', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(0xffff), (bytes, zeros) => {
        const sparse = bytes.map((byte, index) => ((zeros >>> index) & 1 ? byte : 0));
        const text = formatIp(sparse);
        if (!text.includes(':')) return;
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
        expect(parseIp(text)).toEqual(sparse);
      }),
    );
  });

  it('is read only where Node, too, sees an address', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abf:.')), maxLength: 30 });
    fc.assert(
      fc.property(text, (candidate) => {
        expect(parseIp(candidate) !== undefined).toBe(isIP(candidate) !== 0);
      }),
      { numRuns: 2_000 },
    );
  });
});
