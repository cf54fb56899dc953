import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { encode, encodedLength, encodeInto } from './encode.ts';
import { textToKey } from './key.ts';
import { raw } from './raw.ts';
import { bytesOf, textOf } from './testing/bytes.ts';
import type { Encodable } from './value.ts';

class Point {
  readonly x = 1;
}

describe('encode', () => {
  it.each<[Encodable, string]>([
    [0, 'i0e'],
    [-0, 'i0e'],
    [7, 'i7e'],
    [-7, 'i-7e'],
    [10, 'i10e'],
    [99, 'i99e'],
    [100, 'i100e'],
    [1_000_000, 'i1000000e'],
    [4_294_967_296, 'i4294967296e'],
    [Number.MAX_SAFE_INTEGER, 'i9007199254740991e'],
    [Number.MIN_SAFE_INTEGER, 'i-9007199254740991e'],
    [10n, 'i10e'],
    [-9_007_199_254_740_993n, 'i-9007199254740993e'],
    [9_999_999_999_999_999_999n, 'i9999999999999999999e'],
    [[1, 10n, 2], 'li1ei10ei2ee'],
    ['', '0:'],
    ['abc', '3:abc'],
    ['é', '2:\xc3\xa9'],
    ['😀', '4:\xf0\x9f\x98\x80'],
    ['é'.repeat(100), `200:${'\xc3\xa9'.repeat(100)}`],
    ['x'.repeat(100), `100:${'x'.repeat(100)}`],
    [new Uint8Array([0, 255]), '2:\x00\xff'],
    [Buffer.from('abc'), '3:abc'],
    [[], 'le'],
    [[[], [[]]], 'llelleee'],
    [{}, 'de'],
    [new Map(), 'de'],
    [{ b: 1, a: 2 }, 'd1:ai2e1:bi1ee'],
    [{ a: undefined, b: 1 }, 'd1:bi1ee'],
    [{ 10: 1, 9: 2 }, 'd2:10i1e1:9i2ee'],
    [
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
      'd1:ai2e1:bi1ee',
    ],
    [Object.assign(Object.create(null) as object, { a: 1 }), 'd1:ai1ee'],
    [JSON.parse('{"__proto__":1}') as Encodable, 'd9:__proto__i1ee'],
    [{ é: 1, z: 2 }, 'd1:zi2e2:\xc3\xa9i1ee'],
    [
      new Map([
        ['\xe9', 1],
        ['z', 2],
      ]),
      'd1:zi2e1:\xe9i1ee',
    ],
    [[raw(bytesOf('d1:b0:1:a0:e')), 1], 'ld1:b0:1:a0:ei1ee'],
  ])('writes %o', (value, text) => {
    expect(textOf(encode(value))).toBe(text);
    expect(encodedLength(value)).toBe(text.length);
  });

  it('sorts keys as bytes where that is not the order of UTF-16', () => {
    const [high, astral] = ['\uffee', '\u{1f600}'];
    const text = 'd3:\xef\xbf\xaei1e4:\xf0\x9f\x98\x80i2ee';
    expect(astral < high).toBe(true);
    expect(textOf(encode({ [astral]: 2, [high]: 1 }))).toBe(text);
    expect(
      textOf(
        encode(
          new Map([
            [textToKey(astral), 2],
            [textToKey(high), 1],
          ]),
        ),
      ),
    ).toBe(text);
  });

  it('sorts the byte keys of a map as bytes', () => {
    const keys = [[10], [9], [200], [9, 0], []].map((key) => new Uint8Array(key));
    const map = new Map(keys.map((key, index) => [key, index]));
    expect(textOf(encode(map))).toBe('d0:i4e1:\x09i1e2:\x09\x00i3e1:\x0ai0e1:\xc8i2ee');
    expect(
      textOf(
        encode(
          new Map<string | Uint8Array, number>([
            ['b', 1],
            [bytesOf('a'), 2],
          ]),
        ),
      ),
    ).toBe('d1:ai2e1:bi1ee');
  });

  it('gives keys that are not text back unchanged', () => {
    const input = bytesOf('d1:\x7f0:2:\xff\xfe0:e');
    expect(encode(decode(input))).toEqual(input);
  });

  it('returns an array of its own, of exactly the length', () => {
    for (const length of [0, 100, 4095, 4096, 70_000, 200_000]) {
      const source = new Uint8Array(length).fill(1);
      const encoded = encode([source, source]);
      expect(encoded.byteLength).toBe(encoded.buffer.byteLength);
      expect(encodedLength([source, source])).toBe(encoded.length);
      expect(Object.getPrototypeOf(encoded)).toBe(Uint8Array.prototype);
      expect(decode(encoded)).toEqual([source, source]);
      source.fill(2);
      expect(encoded.includes(2)).toBe(false);
    }
  });

  it('puts large byte strings between small ones in the right places', () => {
    const large = new Uint8Array(10_000).map((_, index) => index % 251);
    const value = [1, large, 'two', large, large, new Map([['k', large]]), 'end'];
    const expected = [1, large, bytesOf('two'), large, large, new Map([['k', large]]), bytesOf('end')];
    expect(decode(encode(value))).toEqual(expected);
  });

  it('takes the same value at several places, but not within itself', () => {
    const shared = [1];
    expect(textOf(encode([shared, { a: shared }]))).toBe('lli1eed1:ali1eeee');
    const list: Encodable[] = [1];
    list.push(list);
    const map = new Map<string, Encodable>();
    map.set('self', [map]);
    for (const cyclic of [list, map]) {
      expect(() => encode(cyclic)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_TYPE' }));
      expect(() => encodedLength(cyclic)).toThrow('part of itself');
    }
    let deep: Encodable = shared;
    for (let level = 0; level < 200; level += 1) deep = [deep, shared];
    expect(() => encode(deep)).not.toThrow();
  });

  it.each<[unknown, string]>([
    [1.5, 'NOT_AN_INTEGER'],
    [Number.NaN, 'NOT_AN_INTEGER'],
    [Infinity, 'NOT_AN_INTEGER'],
    [-Infinity, 'NOT_AN_INTEGER'],
    [1e21, 'INTEGER_OUT_OF_RANGE'],
    [2 ** 53, 'INTEGER_OUT_OF_RANGE'],
    [-(2 ** 53), 'INTEGER_OUT_OF_RANGE'],
    [10n ** 19n, 'INTEGER_OUT_OF_RANGE'],
    [-(10n ** 19n), 'INTEGER_OUT_OF_RANGE'],
    [undefined, 'UNSUPPORTED_TYPE'],
    [null, 'UNSUPPORTED_TYPE'],
    [true, 'UNSUPPORTED_TYPE'],
    [Symbol('x'), 'UNSUPPORTED_TYPE'],
    [() => 1, 'UNSUPPORTED_TYPE'],
    [new Date(0), 'UNSUPPORTED_TYPE'],
    [new Set([1]), 'UNSUPPORTED_TYPE'],
    [/x/, 'UNSUPPORTED_TYPE'],
    [new ArrayBuffer(1), 'UNSUPPORTED_TYPE'],
    [new Uint16Array(1), 'UNSUPPORTED_TYPE'],
    [new DataView(new ArrayBuffer(1)), 'UNSUPPORTED_TYPE'],
    [new Point(), 'UNSUPPORTED_TYPE'],
    [new Map([[1, 2]]), 'UNSUPPORTED_TYPE'],
    [new Map([['a', undefined]]), 'UNSUPPORTED_TYPE'],
    [Array.from({ length: 1 }), 'UNSUPPORTED_TYPE'],
    ['\ud800', 'NOT_UTF8'],
    ['x'.repeat(100) + '\udc00', 'NOT_UTF8'],
    [{ '\ud800': 1 }, 'NOT_UTF8'],
    [new Map([['\u0100', 1]]), 'INVALID_KEY'],
    [
      new Map([
        [new Uint8Array([97]), 1],
        ['a', 2],
      ] as never),
      'DUPLICATE_KEY',
    ],
  ])('refuses %o with %s', (value, code) => {
    expect(() => encode(value as Encodable)).toThrow(expect.objectContaining({ code, name: 'BencodeError' }));
    expect(() => encodedLength(value as Encodable)).toThrow(expect.objectContaining({ code }));
    expect(textOf(encode([1]))).toBe('li1ee');
  });

  it('says where in the value it is wrong', () => {
    const value = { info: new Map([['files', [{ path: ['a'] }, { path: ['b', 1.5] }]]]) };
    expect(() => encode(value)).toThrow(
      expect.objectContaining({
        path: ['info', 'files', 1, 'path', 1],
        offset: undefined,
        message: 'Cannot encode info.files[1].path[1]: it is 1.5, expected an integer',
      }),
    );
  });

  it('may run within itself', () => {
    const value = {
      get inner(): Uint8Array {
        return encode({ a: 1 });
      },
      outer: 2,
    };
    expect(textOf(encode([1, value]))).toBe('li1ed5:inner8:d1:ai1ee5:outeri2eee');
  });
});

describe('encodeInto', () => {
  it('writes at the offset and returns how much', () => {
    const target = new Uint8Array(8).fill(0x2e);
    expect(encodeInto([1], target, 2)).toBe(5);
    expect(textOf(target)).toBe('..li1ee.');
    expect(encodeInto(1, target)).toBe(3);
    expect(textOf(target)).toBe('i1ei1ee.');
  });

  it('writes nothing where there is no room', () => {
    const target = new Uint8Array(8).fill(0x2e);
    expect(() => encodeInto([1], target, 4)).toThrow(RangeError);
    expect(() => encodeInto([1], target, 9)).toThrow('there is room for 0');
    expect(() => encodeInto([1], target, -1)).toThrow(RangeError);
    expect(() => encodeInto([1.5], target)).toThrow(expect.objectContaining({ code: 'NOT_AN_INTEGER' }));
    expect(textOf(target)).toBe('........');
  });
});

describe('encodedLength', () => {
  it('is exact for a view of a larger array', () => {
    expect(encodedLength(new Uint8Array(100).subarray(10, 20))).toBe(13);
  });
});
