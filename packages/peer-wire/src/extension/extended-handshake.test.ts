import { decode, encode, type Encodable } from '@millrace/bencode';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerWireError } from '../error.ts';
import { concat, counting, fromHex } from '../testing/messages.ts';
import { decodeExtendedHandshake, encodeExtendedHandshake, NOT_EXTENDED } from './extended-handshake.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (unit) => unit.charCodeAt(0));

function read(
  fields: Readonly<Record<string, Encodable | undefined>>,
  before = NOT_EXTENDED,
): typeof NOT_EXTENDED {
  return decodeExtendedHandshake(encode(fields), before);
}

describe('decodeExtendedHandshake', () => {
  it('reads the example of BEP 10', () => {
    const example = 'd1:md11:LT_metadatai1e7:\xc2\xb5T_PEXi2ee1:pi6881e1:v13:\xc2\xb5Torrent 1.2e';
    expect(decodeExtendedHandshake(latin1(example), NOT_EXTENDED)).toEqual({
      ...NOT_EXTENDED,
      isKnown: true,
      extensions: new Map([
        ['LT_metadata', 1],
        ['\xc2\xb5T_PEX', 2],
      ]),
      port: 6881,
      version: 'µTorrent 1.2',
    });
  });

  it('reads what encodeExtendedHandshake() writes', () => {
    const fields = {
      version: 'millrace 0.1.0',
      requestQueueLength: 500,
      metadataSize: 31_235,
      port: 6881,
      uploadOnly: true,
    };
    for (const yourIp of ['192.0.2.7', '2001:db8::7']) {
      const ids = new Map([['ut_pex', 3]]);
      const payload = encodeExtendedHandshake({ ...fields, yourIp }, ids);
      const known = { ...fields, yourIp, isKnown: true, extensions: ids, ignored: [] };
      expect(decodeExtendedHandshake(payload, NOT_EXTENDED)).toEqual(known);
    }
    expect(decode(encodeExtendedHandshake({}, new Map()))).toEqual(new Map([['m', new Map()]]));
  });

  it('keeps what a later handshake does not name, and drops what it gives the id 0', () => {
    const first = read({ m: { a: 1, b: 2 }, v: 'one', reqq: 5, upload_only: 1, metadata_size: 9 });
    const second = read({ m: { a: 0, c: 1, b: 4 } }, first);
    expect(second).toEqual({
      ...first,
      extensions: new Map([
        ['b', 4],
        ['c', 1],
      ]),
    });
    expect(first.extensions).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    expect(read({ upload_only: 0, v: 'two', m: { never: 0 } }, first)).toMatchObject({
      uploadOnly: false,
      version: 'two',
    });
  });

  it.each([
    ['reqq', 31, 31],
    ['reqq', 1, 1],
    ['reqq', 2000, 2000],
    ['reqq', 2001, 2000],
    ['reqq', 2 ** 31, 2000],
    ['metadata_size', 1, 1],
    ['metadata_size', 2 ** 31, 2 ** 31],
    ['p', 65_535, 65_535],
    ['upload_only', 1, true],
    ['upload_only', 7, true],
    ['v', '', ''],
    ['v', 'x'.repeat(256), 'x'.repeat(256)],
    ['v', 'x'.repeat(10_000), 'x'.repeat(256)],
    ['v', '💾'.repeat(300), '💾'.repeat(256)],
    ['v', fromHex('61ff62'), 'a\ufffdb'],
    ['yourip', fromHex('c0000207'), '192.0.2.7'],
    ['yourip', fromHex('20010db8000000000000000000000007'), '2001:db8::7'],
  ])('takes %s %j as %j', (name, value, expected) => {
    const remote = read({ [name]: value });
    expect(remote.ignored).toEqual([]);
    expect(Object.values(remote)).toContainEqual(expected);
  });

  it.each([
    ['reqq', [-1, 0, 2n ** 60n, '5', []]],
    ['metadata_size', [-1, 0, 2n ** 60n, '5', {}]],
    ['p', [-1, 0, 65_536, 2n ** 60n, '5']],
    ['upload_only', ['1', [1]]],
    ['v', [1, ['x'], {}]],
    ['yourip', [1, '', '12345', counting(17), '192.0.2.7']],
    ['m', [1, 'ut_pex', [1]]],
  ] as const)('leaves %s out when it is malformed, says so, and keeps what was known', (name, values) => {
    const before = read({
      m: { x: 1 },
      reqq: 5,
      metadata_size: 6,
      p: 7,
      v: 'v',
      yourip: counting(4, 1),
      upload_only: 1,
    });
    for (const value of values) {
      expect(read({ [name]: value, other: 1 }, before)).toEqual({ ...before, ignored: [name] });
    }
  });

  it('leaves absurd names and ids out of m, and takes the others', () => {
    const m = {
      '': 1,
      ['x'.repeat(65)]: 2,
      a: 256,
      b: -1,
      c: 'x',
      d: 2n ** 62n,
      e: [1],
      ['y'.repeat(64)]: 255,
      ut_pex: 1,
    };
    const remote = read({ m });
    expect(remote.extensions).toEqual(
      new Map([
        ['ut_pex', 1],
        ['y'.repeat(64), 255],
      ]),
    );
    expect(remote.ignored).toEqual(['m']);
    const names = ['__proto__', 'constructor', 'toString'];
    expect([...read({ m: new Map(names.map((name) => [name, 9])) }).extensions.keys()].toSorted()).toEqual(
      names,
    );
  });

  it('knows 32 extensions at most, however many handshakes name them', () => {
    const many = (first: number, count: number): Map<string, number> =>
      new Map(Array.from({ length: count }, (_, at) => [`x${first + at}`, 1 + (at % 255)]));
    expect(read({ m: many(0, 32) }).ignored).toEqual([]);
    const full = read({ m: many(0, 3000) });
    expect([full.extensions.size, full.ignored]).toEqual([32, ['m']]);
    const later = read({ m: many(5000, 3000) }, full);
    expect(later.extensions).toEqual(full.extensions);
    const [name = ''] = full.extensions.keys();
    expect(read({ m: { [name]: 0, ut_pex: 7 } }, full).extensions.get('ut_pex')).toBe(7);
  });

  it.each([
    '',
    'i1e',
    'le',
    '3:abc',
    'd',
    'd1:v1:xeX',
    'd1:v99999999999:x',
    'l'.repeat(60_000),
    'd1:vi-0ee'.slice(0, 5),
  ])('refuses %j', (text) => {
    expect(() => decodeExtendedHandshake(latin1(text), NOT_EXTENDED)).toThrowError(
      expect.objectContaining({ code: 'MALFORMED_EXTENSION' }),
    );
  });

  it('refuses more than 64 KiB unread', () => {
    const padded = (length: number): Uint8Array => encode({ zz: new Uint8Array(length) });
    expect(decodeExtendedHandshake(padded(65_520), NOT_EXTENDED).isKnown).toBe(true);
    expect(() => decodeExtendedHandshake(padded(65_530), NOT_EXTENDED)).toThrowError(
      expect.objectContaining({ code: 'MESSAGE_TOO_LONG' }),
    );
  });

  it('reads any bytes, or refuses them with its one error, and never holds much', () => {
    const whole = latin1(
      'd1:md11:LT_metadatai1e6:ut_pexi2ee1:pi6881e4:reqqi5e11:upload_onlyi1e1:v3:abc6:yourip4:abcde',
    );
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat({ max: whole.length }), fc.nat({ max: 5 }), (noise, at, cut) => {
        const mutated = concat(whole.subarray(0, at), noise, whole.subarray(at + cut));
        try {
          const remote = decodeExtendedHandshake(mutated, NOT_EXTENDED);
          expect(remote.extensions.size).toBeLessThanOrEqual(32);
          for (const id of remote.extensions.values()) expect(id >= 1 && id <= 255).toBe(true);
        } catch (error) {
          expect(PeerWireError.is(error)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('encodeExtendedHandshake', () => {
  it.each([
    { yourIp: 'localhost' },
    { port: 0 },
    { port: 65_536 },
    { metadataSize: -1 },
    { requestQueueLength: 0.5 },
    { version: 'half of \u{1F600}: \ud83d' },
  ])('does not write %j', (fields) => {
    expect(() => encodeExtendedHandshake(fields, new Map())).toThrowError(RangeError);
  });
});
