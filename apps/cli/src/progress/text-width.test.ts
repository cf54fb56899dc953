import { describe, expect, it } from 'vitest';
import { fitText, textWidth } from './text-width.ts';

describe('textWidth()', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['äöü', 3],
    ['a\u0308', 1],
    ['日本語', 6],
    ['한글', 4],
    ['😀', 2],
    ['─█░', 3],
    ['\\u{1b}', 6],
  ])('counts %j as %d columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

describe('fitText()', () => {
  it('leaves a text that fits', () => {
    expect(fitText('abc', 3, '…')).toBe('abc');
  });

  it('cuts the middle, so that both ends can be read', () => {
    expect(fitText('debian-12.5.0-amd64-netinst.iso', 16, '…')).toBe('debian-12.…t.iso');
  });

  it.each([0, 1, 2, 3, 4, 5, 8, 13, 21])('never takes more than %d columns', (maxWidth) => {
    for (const text of [
      'abcdefghijklmnopqrstuvwxyz',
      '日本語の長い名前のファイル.mkv',
      'a\u0308'.repeat(40),
      '😀'.repeat(20),
    ]) {
      expect(textWidth(fitText(text, maxWidth, '…'))).toBeLessThanOrEqual(maxWidth);
    }
  });
});
