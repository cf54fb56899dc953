import { describe, expect, it } from 'vitest';
import { escape, escapeJson, foreign } from './escape.ts';

/** Text, what is shown of it, and what it is in JSON. */
const HOSTILE = [
  ['\u001b[2J', '\\u{1b}[2J', String.raw`"\u001b[2J"`],
  ['\u001b]0;owned\u0007', '\\u{1b}]0;owned\\u{7}', String.raw`"\u001b]0;owned\u0007"`],
  ['a\r\nb\tc', 'a\\u{d}\\u{a}b\\u{9}c', String.raw`"a\r\nb\tc"`],
  ['\u007f\u0080\u009b31m', '\\u{7f}\\u{80}\\u{9b}31m', String.raw`"\u007f\u0080\u009b31m"`],
  ['evil\u202egnp.exe', 'evil\\u{202e}gnp.exe', String.raw`"evil\u202egnp.exe"`],
  ['\u2066a\u2069\u061c', '\\u{2066}a\\u{2069}\\u{61c}', String.raw`"\u2066a\u2069\u061c"`],
  ['a\u200bb\ufeffc\u2060', 'a\\u{200b}b\\u{feff}c\\u{2060}', String.raw`"a\u200bb\ufeffc\u2060"`],
  ['\u2028\u2029', '\\u{2028}\\u{2029}', String.raw`"\u2028\u2029"`],
  ['\ud800x\udc00', '\\u{d800}x\\u{dc00}', String.raw`"\ud800x\udc00"`],
  ['\u3164\u115f', '\\u{3164}\\u{115f}', String.raw`"\u3164\u115f"`],
  ['\u{e0041}', '\\u{e0041}', String.raw`"\udb40\udc41"`],
] as const;

const HARMLESS = ['plain name.iso', 'Ünïcødé – “quotes”', '日本語', '😀 ❤️', 'C:\\folder\\file', ''];

describe('escape()', () => {
  it.each(HOSTILE)('shows %j as %j', (text, shown) => {
    expect(escape(text)).toBe(shown);
  });

  it.each(HARMLESS)('leaves %j as it is', (text) => {
    expect(escape(text)).toBe(text);
  });
});

describe('foreign()', () => {
  it('cuts after 256 code points, counted before escaping', () => {
    expect(foreign('😀'.repeat(256))).toBe('😀'.repeat(256));
    expect(foreign('😀'.repeat(257))).toBe(`${'😀'.repeat(256)}…`);
    expect(foreign('\u0007'.repeat(300))).toBe(`${'\\u{7}'.repeat(256)}…`);
  });

  it('cuts where it is told to', () => {
    expect(foreign('abcdef', 3)).toBe('abc…');
    expect(foreign('abc', 3)).toBe('abc');
  });
});

describe('escapeJson()', () => {
  it.each(HOSTILE)('makes %j printable without changing what it means', (text, _, json) => {
    const escaped = escapeJson(JSON.stringify(text));
    expect(escaped).toBe(json);
    expect(JSON.parse(escaped)).toBe(text);
  });

  it.each(HARMLESS)('leaves %j as it is', (text) => {
    expect(escapeJson(JSON.stringify(text))).toBe(JSON.stringify(text));
  });
});
