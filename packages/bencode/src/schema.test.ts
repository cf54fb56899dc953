import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { BencodeError } from './error.ts';
import { bigint, bytes, dict, int, list, oneOf, type Reader, type ReaderOutput, text } from './schema.ts';
import { bytesOf } from './testing/bytes.ts';
import { values } from './testing/samples.ts';
import type { BencodeValue, Encodable } from './value.ts';

const ANNOUNCE = dict({
  interval: int({ min: 0 }),
  'min interval': int({ min: 0 }).optional(),
  peers: oneOf(bytes(), list(dict({ ip: text(), port: int({ min: 1, max: 65_535 }) }))).default([]),
  'tracker id': bytes({ max: 100 }).optional(),
});

function valueOf(value: Encodable): BencodeValue {
  return decode(encode(value));
}

describe('a reader', () => {
  it('returns typed values', () => {
    expectTypeOf<ReaderOutput<typeof ANNOUNCE>>().toEqualTypeOf<{
      interval: number;
      'min interval': number | undefined;
      peers: Uint8Array | { ip: string; port: number }[];
      'tracker id': Uint8Array | undefined;
    }>();
    const value = valueOf({ interval: 1800, peers: [{ ip: '::1', port: 80 }], 'x-unknown': 1 });
    expect(ANNOUNCE.read(value)).toStrictEqual({
      interval: 1800,
      'min interval': undefined,
      peers: [{ ip: '::1', port: 80 }],
      'tracker id': undefined,
    });
  });

  it.each<[string, Reader<unknown>, Encodable | undefined, unknown]>([
    ['int', int(), 5, 5],
    ['int of the greatest', int(), Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['int at its least', int({ min: 1, max: 3 }), 1, 1],
    ['int at its greatest', int({ min: 1, max: 3 }), 3, 3],
    ['bigint of a number', bigint(), 5, 5n],
    ['bigint', bigint({ min: 0n }), 2n ** 60n, 2n ** 60n],
    ['bytes', bytes(), 'ab', bytesOf('ab')],
    ['bytes of a size', bytes(2), 'ab', bytesOf('ab')],
    ['bytes within bounds', bytes({ min: 1, max: 2 }), 'a', bytesOf('a')],
    ['text', text(), 'é', 'é'],
    ['text with a byte order mark', text(), '\ufeffa', '\ufeffa'],
    ['text not quite', text({ fatal: false }), bytesOf('a\xff'), 'a\ufffd'],
    ['text at its longest', text({ maxBytes: 2 }), 'é', 'é'],
    ['list', list(int()), [1, 2], [1, 2]],
    ['list at its longest', list(int(), { max: 2 }), [1, 2], [1, 2]],
    ['dict with a key past ASCII', dict({ é: int() }), { é: 1 }, { é: 1 }],
    ['oneOf the first', oneOf(int(), text()), 1, 1],
    ['oneOf the second', oneOf(int(), text()), 'a', 'a'],
    ['optional present', int().optional(), 1, 1],
    ['optional missing', int().optional(), undefined, undefined],
    ['default present', int().default(7), 1, 1],
    ['default missing', int().default(7), undefined, 7],
    ['optional of default', int().default(7).optional(), undefined, undefined],
    ['oneOf optional', oneOf(int().optional(), text()), undefined, undefined],
  ])('reads %s', (_, reader, value, expected) => {
    expect(reader.read(value === undefined ? undefined : valueOf(value))).toStrictEqual(expected);
  });

  it.each<[string, Reader<unknown>, Encodable | undefined, string, readonly (string | number)[]]>([
    ['int', int(), 'a', 'WRONG_TYPE', []],
    ['int', int(), undefined, 'MISSING_FIELD', []],
    ['int', int(), 2n ** 53n, 'OUT_OF_RANGE', []],
    ['int', int({ max: Infinity }), 2n ** 53n, 'OUT_OF_RANGE', []],
    ['int', int({ min: 1 }), 0, 'OUT_OF_RANGE', []],
    ['int', int({ max: 1 }), 2, 'OUT_OF_RANGE', []],
    ['bigint', bigint(), 'a', 'WRONG_TYPE', []],
    ['bigint', bigint({ min: 1n }), 0, 'OUT_OF_RANGE', []],
    ['bigint', bigint({ max: 1n }), 2n ** 60n, 'OUT_OF_RANGE', []],
    ['bytes', bytes(), 1, 'WRONG_TYPE', []],
    ['bytes', bytes(20), 'a', 'OUT_OF_RANGE', []],
    ['bytes', bytes({ min: 2 }), 'a', 'OUT_OF_RANGE', []],
    ['bytes', bytes({ max: 2 }), 'abc', 'OUT_OF_RANGE', []],
    ['text', text(), [], 'WRONG_TYPE', []],
    ['text', text(), bytesOf('\xff'), 'NOT_UTF8', []],
    ['text', text({ maxBytes: 1 }), 'é', 'OUT_OF_RANGE', []],
    ['list', list(int()), {}, 'WRONG_TYPE', []],
    ['list', list(int()), [1, 'a'], 'WRONG_TYPE', [1]],
    ['list', list(int(), { max: 1 }), [1, 2], 'OUT_OF_RANGE', []],
    ['dict', dict({ a: int() }), [], 'WRONG_TYPE', []],
    ['dict', dict({ a: int() }), {}, 'MISSING_FIELD', ['a']],
    ['dict', dict({ a: int().optional() }), { a: '' }, 'WRONG_TYPE', ['a']],
    [
      'dict',
      dict({ a: list(dict({ b: text() })) }),
      { a: [{ b: 'x' }, { b: bytesOf('\x80') }] },
      'NOT_UTF8',
      ['a', 1, 'b'],
    ],
    ['dict', dict({ a: dict({ b: int() }), c: int() }), { a: { b: 1 }, c: '' }, 'WRONG_TYPE', ['c']],
    ['oneOf', oneOf(int(), text()), [], 'WRONG_TYPE', []],
    ['oneOf', oneOf(int(), text()), undefined, 'MISSING_FIELD', []],
    ['oneOf', oneOf(int(), text({ maxBytes: 1 })), 'abc', 'OUT_OF_RANGE', []],
    [
      'oneOf',
      oneOf(bytes(), list(dict({ port: int() }))),
      [{ port: 1 }, { port: '' }],
      'WRONG_TYPE',
      [1, 'port'],
    ],
    [
      'oneOf',
      list(oneOf(dict({ a: list(int()) }), list(int()))),
      [[1], { a: [1, ''] }],
      'WRONG_TYPE',
      [1, 'a', 1],
    ],
    ['oneOf', oneOf(dict({ a: int() }), dict({ b: int() })), {}, 'MISSING_FIELD', ['a']],
  ])('of %s %o refuses %o with %s', (_, reader, value, code, path) => {
    const read = (): unknown => reader.read(value === undefined ? undefined : valueOf(value));
    expect(read).toThrow(expect.objectContaining({ name: 'BencodeError', code, path }));
  });

  it('says what it is, what was expected and where', () => {
    const value = valueOf({ interval: 1, peers: [{ ip: 'a', port: 0 }] });
    expect(() => ANNOUNCE.read(value)).toThrow(
      'Cannot read peers[0].port: it is 0, expected an integer from 1 to 65535',
    );
    expect(() => oneOf(int({ min: 0 }), bytes(20), text()).read([])).toThrow(
      'Cannot read the value: it is a list, expected an integer from 0 to 9007199254740991 or a byte string of 20 bytes or text',
    );
    expect(() => list(bytes({ min: 1 })).read([1])).toThrow(
      'it is an integer, expected a byte string of at least 1 bytes',
    );
    expect(() => dict({}).read(new Uint8Array())).toThrow('it is a byte string, expected a dictionary');
    expect(() => bigint({ min: 0n, max: 9n }).read(new Map())).toThrow(
      'a dictionary, expected an integer from 0 to 9',
    );
    expect(() => list(int(), { max: 2 }).read(0)).toThrow('expected a list of at most 2 items');
  });

  it('defines a field called __proto__ as any other', () => {
    const shape = Object.fromEntries([['__proto__', int()]]);
    const result = dict(shape).read(valueOf(new Map([['__proto__', 1]])));
    expect(Object.getOwnPropertyDescriptor(result, '__proto__')?.value).toBe(1);
    expect(dict({ toString: int().optional() }).read(new Map())).toStrictEqual({ toString: undefined });
  });

  it('may be used again after a failure', () => {
    const reader = list(int());
    expect(() => reader.read([new Uint8Array()])).toThrow(BencodeError);
    expect(() => reader.read([1, 2, new Map()])).toThrow(expect.objectContaining({ path: [2] }));
    expect(reader.read([1])).toEqual([1]);
  });

  it('is total: any value is read or refused with a BencodeError', () => {
    fc.assert(
      fc.property(values, (value) => {
        try {
          ANNOUNCE.read(value);
          list(oneOf(int(), bigint(), text(), list(bytes()))).read(value);
        } catch (error) {
          expect(error).toBeInstanceOf(BencodeError);
        }
      }),
    );
  });

  it('must be one of this package', () => {
    const foreign: Reader<number> = { read: () => 1, optional: () => foreign, default: () => foreign };
    expect(() => list(foreign).read([1])).toThrow(TypeError);
    expect(() => oneOf()).toThrow(RangeError);
  });
});
