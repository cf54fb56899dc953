import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePercent, encodePercent } from './percent.ts';
import { asBytes } from './testing/bytes.ts';

describe('encodePercent()', () => {
  it('writes each of the 256 bytes as RFC 3986 says', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const character = String.fromCharCode(byte);
      const isUnreserved = /^[A-Za-z0-9._~-]$/.test(character);
      const hex = byte.toString(16).toUpperCase();
      const expected = isUnreserved ? character : `%${byte < 16 ? '0' : ''}${hex}`;
      expect(encodePercent(Uint8Array.of(byte))).toBe(expected);
    }
  });

  it('writes text as encodeURIComponent does, but for five characters that are reserved', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const plain = text.replaceAll(/[!'()*]/g, '');
        expect(encodePercent(new TextEncoder().encode(plain))).toBe(encodeURIComponent(plain));
        expect(decodeURIComponent(encodePercent(new TextEncoder().encode(text)))).toBe(text);
      }),
    );
  });

  it('is undone, whatever the bytes, by one who reads latin-1', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = encodePercent(bytes);
        const read = text.replaceAll(/%(..)/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
        expect(asBytes(read)).toEqual(bytes);
        expect(decodePercent(text)).toEqual(bytes);
      }),
    );
  });
});

describe('decodePercent()', () => {
  it('takes what is no escape as it is', () => {
    expect(decodePercent('%')).toEqual(asBytes('%'));
    expect(decodePercent('%4')).toEqual(asBytes('%4'));
    expect(decodePercent('%zz+%41%4a')).toEqual(asBytes('%zz+AJ'));
  });
});
