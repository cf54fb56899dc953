import { encode } from '@millrace/bencode';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cursor } from './cursor.ts';
import { asBytes } from './testing/sample.ts';

describe('Cursor', () => {
  it.each(['i0e', 'i-12e', '0:', '3:abc', 'le', 'de', 'lli1eee', 'd1:ad1:bl3:abcee1:ci1ee'])(
    'steps over %s',
    (text) => {
      const cursor = new Cursor(asBytes(`l${text}5:aftere`), 1);
      cursor.skip();
      expect(cursor.offset).toBe(1 + text.length);
    },
  );

  it('tells the kind of a value, and the end', () => {
    const kindOf = (text: string): unknown => new Cursor(asBytes(text), 0).kind;
    expect(['i1e', '1:a', 'le', 'de', 'e'].map(kindOf)).toEqual(['int', 'bytes', 'list', 'dict', undefined]);
  });

  it('takes integers exactly up to 2^53 - 1, and larger ones as larger', () => {
    const take = (integer: number | bigint): number => new Cursor(encode(integer), 0).takeInteger();
    fc.assert(
      fc.property(fc.maxSafeInteger(), (integer) => {
        expect(take(integer)).toBe(integer);
      }),
    );
    for (const integer of [2 ** 53 - 1, -(2 ** 53 - 1), 0]) expect(take(integer)).toBe(integer);
    for (const integer of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n])
      expect(take(integer)).toBeGreaterThanOrEqual(2 ** 53);
  });

  it('takes byte strings as views', () => {
    const bytes = asBytes('12:abcdefghijklx');
    const cursor = new Cursor(bytes, 0);
    const taken = cursor.takeBytes();
    expect(taken).toEqual(asBytes('abcdefghijkl'));
    expect(taken.buffer).toBe(bytes.buffer);
    expect(cursor.offset).toBe(15);
  });
});
