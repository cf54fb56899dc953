import { describe, expect, it } from 'vitest';
import { decode, decodePrefix } from './decode.ts';
import { BencodeError } from './error.ts';
import { scanPrefix } from './scan.ts';
import { bytesOf, textOf } from './testing/bytes.ts';
import { REJECTIONS } from './testing/rejections.ts';
import { TORRENT } from './testing/samples.ts';

const VALUES = [
  'i0e',
  'i-42e',
  'i9007199254740993e',
  '0:',
  '3:abc',
  '12:abcdefghijkl',
  'le',
  'de',
  'li1eli2eee',
  'd1:ad1:b0:ee',
  textOf(TORRENT),
];

describe('decodePrefix', () => {
  it('reads one value wherever what follows it is cut, and asks for more before its end', () => {
    for (const text of VALUES) {
      const value = decode(bytesOf(text));
      const stream = bytesOf(`${text}i1e\x00\xffed`);
      for (let cut = 0; cut <= stream.length; cut += 1) {
        const chunk = stream.subarray(0, cut);
        if (cut < text.length) {
          expect(() => decodePrefix(chunk)).toThrow(
            expect.objectContaining({ code: 'UNEXPECTED_END', offset: cut }),
          );
        } else {
          expect(decodePrefix(chunk)).toStrictEqual({ value, bytesRead: text.length });
        }
      }
    }
  });

  it('refuses what decode refuses, trailing bytes excepted', () => {
    for (const [text, code, offset] of REJECTIONS) {
      if (code === 'TRAILING_BYTES') expect(decodePrefix(bytesOf(text)).bytesRead).toBe(offset);
      else expect(() => decodePrefix(bytesOf(text))).toThrow(expect.objectContaining({ code, offset }));
    }
  });
});

describe('scanPrefix', () => {
  it('agrees with decodePrefix', () => {
    for (const text of [...VALUES.map((value) => `${value}ei1e`), ...REJECTIONS.map(([each]) => each)]) {
      const input = bytesOf(text);
      let expected;
      try {
        expected = decodePrefix(input);
      } catch (error) {
        if (!BencodeError.is(error)) throw error;
        expect(() => scanPrefix(input)).toThrow(expect.objectContaining({ detail: error.detail }));
        continue;
      }
      const root = scanPrefix(input);
      expect({ value: root.value(), bytesRead: root.raw.length }).toStrictEqual(expected);
    }
  });
});
