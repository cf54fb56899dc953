import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, parseIp } from './ip-address.ts';
import { fromHex } from './testing/messages.ts';

describe('parseIp and formatIp', () => {
  it.each([
    ['192.0.2.7', 'c0000207', '192.0.2.7'],
    ['0.0.0.0', '00000000', '0.0.0.0'],
    ['::', '00000000000000000000000000000000', '::'],
    ['::1', '00000000000000000000000000000001', '::1'],
    ['2001:DB8:0:0:0:0:0:7', '20010db8000000000000000000000007', '2001:db8::7'],
    ['1:0:0:2:0:0:0:3', '00010000000000020000000000000003', '1:0:0:2::3'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008', '1:2:3:4:5:6:7:8'],
    ['fe80::', 'fe800000000000000000000000000000', 'fe80::'],
    ['::ffff:192.0.2.7', '00000000000000000000ffffc0000207', '192.0.2.7'],
  ])('read %s', (text, hex, short) => {
    expect(parseIp(text)).toEqual(fromHex(hex));
    expect(formatIp(fromHex(hex))).toBe(short);
  });

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x7f.0.0.1',
    '1.2.3.4 ',
    '2130706433',
    ':',
    ':::',
    '1::2::3',
    '::g',
    '[::1]',
    '::1%eth0',
    '::1]/x[',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::1.2.3.256',
    '::1/64',
    `${'0'.repeat(99)}::1`,
  ])('refuse %j', (text) => {
    expect(parseIp(text)).toBe(undefined);
  });

  it('are inverse, and agree with the network', () => {
    const ip = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc
        .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
        .map((bytes) => Uint8Array.from(bytes)),
    );
    fc.assert(
      fc.property(ip, (bytes) => {
        const text = formatIp(bytes);
        expect(isIP(text)).toBe(text.includes(':') ? 6 : 4);
        const again = parseIp(text);
        expect(formatIp(again ?? new Uint8Array(4))).toBe(text);
        if (again?.length === bytes.length) expect(again).toEqual(bytes);
      }),
    );
  });
});
