import { describe, expect, it } from 'vitest';
import { allocate as allocatePortable } from './allocate-portable.ts';
import { encode } from './encode.ts';
import { allocate } from './node/allocate.ts';

describe.each([
  ['under node', allocate],
  ['elsewhere', allocatePortable],
])('memory for results, %s,', (_, allocateHere) => {
  it.each([0, 1, 100, 5000, 100_000])('is %d bytes of a plain array of its own', (length) => {
    const [one, other] = [allocateHere(length), allocateHere(length)];
    expect(Object.getPrototypeOf(one)).toBe(Uint8Array.prototype);
    expect([one.byteOffset, one.length, one.buffer.byteLength]).toEqual([0, length, length]);
    expect(one.buffer).not.toBe(other.buffer);
  });
});

it('writes every byte of memory that held something else', () => {
  const bytes = new Uint8Array(100_000).fill(1);
  for (let round = 0; round < 20; round += 1) {
    const encoded = encode(['a', bytes, 'b', bytes, 'c']);
    const expected = `l1:a100000:${'\u0001'.repeat(100_000)}1:b100000:${'\u0001'.repeat(100_000)}1:ce`;
    expect(new TextDecoder().decode(encoded) === expected).toBe(true);
    encoded.fill(0xee); // what the next round may be given
  }
});
