import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { encode, encodedLength } from './encode.ts';
import { raw } from './raw.ts';
import { scan } from './scan.ts';
import { bytesOf } from './testing/bytes.ts';
import { depthOf, nestedBytes } from './testing/nested.ts';
import type { BencodeValue, Encodable } from './value.ts';

describe('depth', () => {
  it('is 64 by default: at it, past it, and far past it', () => {
    expect(depthOf(decode(nestedBytes(64)))).toBe(64);
    for (const depth of [65, 640, 1_000_000]) {
      const error = expect.objectContaining({
        code: 'DEPTH_LIMIT',
        offset: 64,
        detail: expect.objectContaining({ limit: 64 }),
      });
      expect(() => decode(nestedBytes(depth))).toThrow(error);
      expect(() => scan(nestedBytes(depth))).toThrow(error);
    }
  });

  it('can be limited to nothing nested at all', () => {
    expect(decode(bytesOf('i1e'), { maxDepth: 0 })).toBe(1);
    expect(() => decode(bytesOf('le'), { maxDepth: 0 })).toThrow(
      expect.objectContaining({ code: 'DEPTH_LIMIT' }),
    );
    expect(decode(bytesOf('lldeee'), { maxDepth: 3 })).toEqual([[new Map()]]);
    expect(() => decode(bytesOf('lldeee'), { maxDepth: 2 })).toThrow(expect.objectContaining({ offset: 2 }));
  });

  it('never overflows the call stack, when a caller lifts the limit', () => {
    const depth = 200_000;
    const input = nestedBytes(depth);
    const value = decode(input, { maxDepth: depth });
    expect(depthOf(value)).toBe(depth);
    expect(encodedLength(value)).toBe(2 * depth);
    expect(encode(value).length).toBe(2 * depth);
    expect(encode([raw(input)]).length).toBe(2 * depth + 2);
    const root = scan(input, { maxDepth: depth });
    expect(depthOf(root.value())).toBe(depth);
    expect(root.at(0)?.raw.length).toBe(2 * depth - 2);
  });

  it('never overflows the call stack on dictionaries either', () => {
    const depth = 100_000;
    let value: Encodable = new Map();
    for (let level = 1; level < depth; level += 1) value = new Map([['', value]]);
    const input = encode(value);
    expect(input.length).toBe(4 * depth - 2);
    expect(encode(decode(input, { maxDepth: depth })).length).toBe(input.length);
  });
});

describe('items', () => {
  it('are a million by default, for small input: at it, past it, and far past it', () => {
    const listOf = (count: number): Uint8Array => bytesOf(`l${'0:'.repeat(count - 1)}e`);
    expect((decode(listOf(1_000_000)) as readonly BencodeValue[]).length).toBe(999_999);
    for (const run of [decode, scan]) {
      expect(() => run(listOf(1_000_001))).toThrow(
        expect.objectContaining({
          code: 'ITEM_LIMIT',
          detail: expect.objectContaining({ limit: 1_000_000 }),
        }),
      );
    }
  });

  it('are a quarter of the bytes of large input', () => {
    const count = 2_500_000;
    const listOf = (padding: number): Uint8Array =>
      bytesOf(`l${padding}:${'x'.repeat(padding)}${'0:'.repeat(count)}e`);
    // The list, the padding and `count` empty strings.
    const enough = 4 * (count + 2) - 2 * count;
    for (const run of [decode, scan]) {
      expect(() => run(listOf(enough))).not.toThrow();
      expect(() => run(listOf(enough - 20))).toThrow(expect.objectContaining({ code: 'ITEM_LIMIT' }));
    }
  });

  it('leave room for a torrent of 300 000 files', () => {
    const entry = 'd6:lengthi1048576e4:pathl9:directory14:some-file1.binee';
    const input = bytesOf(`d4:infod5:filesl${entry.repeat(300_000)}eee`);
    const files = scan(input).get('info')?.get('files');
    expect(files?.length).toBe(300_000);
    expect(files?.at(299_999)?.get('length')?.value()).toBe(1_048_576);
  });

  it('count keys, values and containers', () => {
    const input = bytesOf('d1:al1:xi1eee');
    expect(decode(input, { maxItems: 5 })).toEqual(new Map([['a', [bytesOf('x'), 1]]]));
    expect(() => decode(input, { maxItems: 4 })).toThrow(
      expect.objectContaining({ code: 'ITEM_LIMIT', offset: 8 }),
    );
    expect(() => decode(input, { maxItems: 1 })).toThrow(
      expect.objectContaining({ code: 'ITEM_LIMIT', offset: 1 }),
    );
    expect(() => decode(input, { maxItems: 0 })).toThrow(
      expect.objectContaining({ code: 'ITEM_LIMIT', offset: 0 }),
    );
  });
});
