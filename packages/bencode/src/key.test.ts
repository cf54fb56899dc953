import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyToText, textToKey } from './key.ts';

it.each([
  ['', ''],
  ['announce', 'announce'],
  ['é', '\xc3\xa9'],
  ['\u{1f600}', '\xf0\x9f\x98\x80'],
  ['\ufeffx', '\xef\xbb\xbfx'],
])('text %j is the key %j', (text, key) => {
  expect(textToKey(text)).toBe(key);
  expect(keyToText(key)).toBe(text);
});

it('keyToText refuses keys that are not UTF-8', () => {
  for (const key of ['\xff\xfe', '\x80', '\xc0\x80', '\xed\xa0\x80', 'abc\xc3']) {
    expect(() => keyToText(key)).toThrow(expect.objectContaining({ code: 'NOT_UTF8', path: [key] }));
  }
});

it('keyToText refuses units that are no bytes, textToKey text that is not well-formed', () => {
  expect(() => keyToText('\u0100')).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
  expect(() => textToKey('a\ud800')).toThrow(expect.objectContaining({ code: 'NOT_UTF8' }));
});

const codePoints = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }),
  fc.integer({ min: 0x80, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
);

it('keyToText inverts textToKey', () => {
  fc.assert(
    fc.property(fc.array(codePoints), (points) => {
      const text = String.fromCodePoint(...points);
      const key = textToKey(text);
      expect(key).toMatch(/^[\0-\xff]*$/);
      expect(keyToText(key)).toBe(text);
    }),
  );
});
