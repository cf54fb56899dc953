import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { BencodeError } from './error.ts';
import { bytesOf } from './testing/bytes.ts';
import { REJECTIONS } from './testing/rejections.ts';
import { TORRENT } from './testing/samples.ts';
import type { BencodeDict, BencodeValue } from './value.ts';

function decodeText(text: string): BencodeValue {
  return decode(bytesOf(text));
}

/** Returns the error `run` throws; anything but a `BencodeError` fails the test. */
function errorOf(run: () => unknown): BencodeError {
  try {
    run();
  } catch (error) {
    if (error instanceof BencodeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('decode', () => {
  it.each<[string, unknown]>([
    ['i0e', 0],
    ['i1e', 1],
    ['i-1e', -1],
    ['i10e', 10],
    ['i-10e', -10],
    ['i123456789012345e', 123_456_789_012_345],
    ['i-123456789012345e', -123_456_789_012_345],
    ['i1234567890123456e', 1_234_567_890_123_456],
    ['i9007199254740991e', Number.MAX_SAFE_INTEGER],
    ['i-9007199254740991e', Number.MIN_SAFE_INTEGER],
    ['i9007199254740992e', 9_007_199_254_740_992n],
    ['i9007199254740993e', 9_007_199_254_740_993n],
    ['i-9007199254740993e', -9_007_199_254_740_993n],
    ['i9223372036854775807e', 9_223_372_036_854_775_807n],
    ['i-9223372036854775808e', -9_223_372_036_854_775_808n],
    ['i9999999999999999999e', 9_999_999_999_999_999_999n],
    ['0:', bytesOf('')],
    ['1:a', bytesOf('a')],
    ['4:i1ee', bytesOf('i1ee')],
    ['10:0123456789', bytesOf('0123456789')],
    ['4:\x00\x80\x9f\xff', new Uint8Array([0, 128, 159, 255])],
    ['le', []],
    ['llee', [[]]],
    ['li1e0:leded0:0:ee', [1, bytesOf(''), [], new Map(), new Map([['', bytesOf('')]])]],
    ['de', new Map()],
    [
      'd1:ai1e1:bde1:cle2:ca0:e',
      new Map<string, unknown>([
        ['a', 1],
        ['b', new Map()],
        ['c', []],
        ['ca', bytesOf('')],
      ]),
    ],
    [
      'd0:i0e1:\x00i1e1:zi2e1:\x80i3e1:\xffi4e2:\xff\x00i5ee',
      new Map([
        ['', 0],
        ['\0', 1],
        ['z', 2],
        ['\x80', 3],
        ['\xff', 4],
        ['\xff\0', 5],
      ]),
    ],
  ])('reads %j', (text, value) => {
    expect(decodeText(text)).toStrictEqual(value);
  });

  it.each(REJECTIONS)('refuses %j with %s at byte %i', (text, code, offset) => {
    const error = errorOf(() => decodeText(text));
    expect([error.code, error.offset]).toEqual([code, offset]);
    expect(error.message).toMatch(new RegExp(`^Cannot decode .+ at byte ${offset}: .+, expected .+$`));
  });

  it('has a table of at least 150 refusals, each of them once', () => {
    const texts = new Set(REJECTIONS.map(([text]) => text));
    expect(texts.size).toBe(REJECTIONS.length);
    expect(texts.size).toBeGreaterThanOrEqual(150);
  });

  it('refuses a torrent cut at any offset with UNEXPECTED_END', () => {
    expect(() => decode(TORRENT)).not.toThrow();
    for (let end = 0; end < TORRENT.length; end += 1) {
      const error = errorOf(() => decode(TORRENT.subarray(0, end)));
      expect([end, error.code, error.offset]).toEqual([end, 'UNEXPECTED_END', end]);
    }
  });

  it('says how many bytes are lacking at least', () => {
    expect(errorOf(() => decodeText('10:abc')).detail).toMatchObject({ missing: 7 });
    expect(errorOf(() => decodeText('i-')).detail).toMatchObject({ missing: 2 });
  });

  it.each<[string, readonly (string | number)[]]>([
    ['x', []],
    ['lx', [0]],
    ['li1ex', [1]],
    ['d1:ax', ['a']],
    ['d1:ai1ex', []],
    ['d4:infod5:filesli1ed4:pathl1:xi01eeeeee', ['info', 'files', 1, 'path', 1]],
    ['d4:infod1:b0:1:a0:ee', ['info', 'a']],
    ['ll0:ei1ed1:kl0:0:i-0e', [2, 'k', 2]],
    ['d1:a0:1:c0:e1:d', []],
  ])('says where in %j it is wrong', (text, path) => {
    expect(errorOf(() => decodeText(text)).path).toEqual(path);
  });

  it('returns views of the input and never its subclass', () => {
    const input = Buffer.from('xxl3:abc0:ee').subarray(2, 11);
    const [text, empty] = decode(input) as readonly Uint8Array[];
    expect(Object.getPrototypeOf(text)).toBe(Uint8Array.prototype);
    expect(Object.getPrototypeOf(empty)).toBe(Uint8Array.prototype);
    input[3] = 0x7a;
    expect(text).toEqual(bytesOf('zbc'));
    expect(text?.buffer).toBe(input.buffer);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'takes the key %s like any other',
    (key) => {
      const value = decodeText(`d${key.length}:${key}d5:valuei1eee`) as BencodeDict;
      expect(value.get(key)).toEqual(new Map([['value', 1]]));
      expect(value.size).toBe(1);
      expect(Object.getPrototypeOf(value)).toBe(Map.prototype);
      expect('value' in {}).toBe(false);
    },
  );

  it('reads keys of every length exactly, also when it has read similar ones before', () => {
    for (let length = 0; length < 60; length += 1) {
      for (const last of ['a', '\x80', '\xff']) {
        const key = `${'k'.repeat(length)}${last}`;
        expect([...(decodeText(`d${key.length}:${key}0:e`) as BencodeDict).keys()]).toEqual([key]);
      }
    }
    const long = '\xfe'.repeat(20_000);
    expect([...(decodeText(`d20000:${long}0:e`) as BencodeDict).keys()]).toEqual([long]);
  });

  it('refuses a caller who passes no Uint8Array or impossible options', () => {
    // @ts-expect-error a string is no Uint8Array
    expect(() => decode('i1e')).toThrow(TypeError);
    // @ts-expect-error there is no such mode
    expect(() => decode(bytesOf('i1e'), { integers: 'bigInt' })).toThrow(TypeError);
    for (const limit of [-1, 1.5, Number.NaN, Infinity]) {
      expect(() => decode(bytesOf('i1e'), { maxDepth: limit })).toThrow(RangeError);
      expect(() => decode(bytesOf('i1e'), { maxItems: limit })).toThrow(RangeError);
    }
  });
});

describe('decode with integers', () => {
  it("'bigint' makes every integer a bigint", () => {
    const value = decode(bytesOf('li0ei-1ei9007199254740993ee'), { integers: 'bigint' });
    expect(value).toStrictEqual([0n, -1n, 9_007_199_254_740_993n]);
  });

  it("'number' refuses what a number cannot hold", () => {
    const options = { integers: 'number' } as const;
    expect(decode(bytesOf('i9007199254740991e'), options)).toBe(Number.MAX_SAFE_INTEGER);
    expect(decode(bytesOf('i-9007199254740991e'), options)).toBe(Number.MIN_SAFE_INTEGER);
    const error = errorOf(() => decode(bytesOf('li9007199254740992ee'), options));
    expect([error.code, error.offset, error.path]).toEqual(['INTEGER_OUT_OF_RANGE', 1, [0]]);
  });
});
