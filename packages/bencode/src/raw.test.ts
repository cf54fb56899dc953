import { expect, it } from 'vitest';
import { encode } from './encode.ts';
import { raw } from './raw.ts';
import { bytesOf, textOf } from './testing/bytes.ts';

it('raw keeps bytes as they are, canonical or not', () => {
  const info = bytesOf('d4:name1:x4:name1:y1:ai-007ee');
  expect(textOf(encode({ announce: 'u', info: raw(info) }))).toBe(
    'd8:announce1:u4:infod4:name1:x4:name1:y1:ai-007eee',
  );
});

it('raw refuses bytes that are not one value', () => {
  for (const text of ['', 'x', 'i1ei2e', 'd1:ae', 'l', '3:ab']) {
    expect(() => raw(bytesOf(text))).toThrow(expect.objectContaining({ name: 'BencodeError' }));
  }
});
