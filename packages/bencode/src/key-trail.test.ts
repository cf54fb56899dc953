import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { BencodeError } from './error.ts';
import { scan } from './scan.ts';

const encoder = new TextEncoder();

/** A dictionary as text, with its keys in the order given, be that right or wrong. */
function dictOf(keys: readonly string[]): string {
  return `d${keys.map((key) => `${key.length}:${key}i${key.length}e`).join('')}e`;
}

/** What reading says: the keys of each dictionary, or why not. */
function verdict(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!BencodeError.is(error)) throw error;
    return error.code;
  }
}

describe('keys that were read before', () => {
  it('change nothing about which dictionaries are accepted', () => {
    const key = fc.constantFrom('a', 'b', 'ab', 'length', 'path', 'paths');
    const dicts = fc.array(fc.array(key, { maxLength: 4 }), { maxLength: 8 });
    fc.assert(
      fc.property(dicts, (lists) => {
        const alone = lists.map((keys) =>
          verdict(() => {
            decode(encoder.encode(dictOf(keys)));
            return keys;
          }),
        );
        const expected = alone.find((found) => typeof found === 'string') ?? alone;
        const all = encoder.encode(`l${lists.map(dictOf).join('')}e`);
        const keysOf = (value: unknown) => [...(value as ReadonlyMap<string, unknown>).keys()];
        expect(verdict(() => (decode(all) as unknown[]).map(keysOf))).toEqual(expected);
        const scannedKeys = () =>
          [...scan(all).items()].map((node) => [...node.entries()].map(([name]) => name));
        expect(verdict(scannedKeys)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('are told apart where one starts like the other, also at the end of the input', () => {
    const input = encoder.encode('ld1:a0:ed1:a0:ed1:a0:ed2:ab0:ed1:');
    expect(() => decode(input)).toThrowError(expect.objectContaining({ code: 'UNEXPECTED_END', offset: 33 }));
  });

  it('count against the limit of items, and are part of the path', () => {
    const input = encoder.encode('ld1:a0:ed1:a0:ed1:a1:xee');
    expect(() => decode(input, { maxItems: 8 })).toThrowError(
      expect.objectContaining({ code: 'ITEM_LIMIT', offset: 16, path: [2] }),
    );
    expect(() => decode(input, { maxItems: 9 })).toThrowError(
      expect.objectContaining({ code: 'ITEM_LIMIT', offset: 19, path: [2, 'a'] }),
    );
    expect(decode(input, { maxItems: 10 })).toHaveLength(3);
  });
});
