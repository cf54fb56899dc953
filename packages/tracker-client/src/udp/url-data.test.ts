import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUrlData } from './url-data.ts';

/** Reads options back as BEP 41 has them. */
function readUrlData(options: Uint8Array): string {
  let text = '';
  let offset = 0;
  while (options[offset] === 2) {
    const end = offset + 2 + (options[offset + 1] ?? 0);
    text += new TextDecoder().decode(options.subarray(offset + 2, end));
    offset = end;
  }
  expect([...options.subarray(offset)]).toEqual(offset === 0 ? [] : [0]);
  return text;
}

describe('encodeUrlData()', () => {
  it('writes nothing for nothing', () => {
    expect(encodeUrlData('')).toEqual(new Uint8Array());
  });

  it('writes one option and the end', () => {
    expect([...encodeUrlData('/a?b')]).toEqual([2, 4, 0x2f, 0x61, 0x3f, 0x62, 0]);
  });

  it.each([
    [255, [255]],
    [256, [255, 1]],
    [511, [255, 255, 1]],
  ])('cuts %d characters into options of %j', (length, lengths) => {
    const options = encodeUrlData('x'.repeat(length));
    expect(options).toHaveLength(length + 2 * lengths.length + 1);
    expect(lengths.map((_, index) => options[index * 257 + 1])).toEqual(lengths);
    expect(options.at(-1)).toBe(0);
  });

  it('keeps any URL data', () => {
    const character = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 1_000 }), (urlData) => {
        expect(readUrlData(encodeUrlData(urlData))).toBe(urlData);
      }),
    );
  });

  it.each(['/ä', '/a b', '/\0'])('refuses %j, which no URL has', (urlData) => {
    expect(() => encodeUrlData(urlData)).toThrow(RangeError);
  });
});
