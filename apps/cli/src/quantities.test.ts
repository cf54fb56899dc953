import { describe, expect, it } from 'vitest';
import { parseRatio, parseSize, parseTime, parseWhole } from './quantities.ts';

describe('parseSize()', () => {
  it.each([
    ['1', 1],
    ['64M', 67_108_864],
    ['64m', 67_108_864],
    ['64MiB', 67_108_864],
    ['64 MB', 64_000_000],
    ['1.5G', 1_610_612_736],
    ['2k', 2048],
  ])('reads %s as %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '0', '-1', 'M', '1T', '1e3', '64 M B', '1.', 'constructor', '1constructor', '9'.repeat(17)])(
    'refuses %j',
    (text) => {
      expect(() => parseSize(text)).toThrow(RangeError);
    },
  );
});

describe('parseTime()', () => {
  it.each([
    ['20', 20_000],
    ['20s', 20_000],
    ['0.5s', 500],
    ['500ms', 500],
    ['2m', 120_000],
  ])('reads %s as %d ms', (text, timeMs) => {
    expect(parseTime(text)).toBe(timeMs);
  });

  it.each(['', '0', '20 seconds', '-1s', '0.1ms'])('refuses %j', (text) => {
    expect(() => parseTime(text)).toThrow(RangeError);
  });
});

describe('parseWhole()', () => {
  it('reads numbers within its bounds', () => {
    expect([parseWhole('0', 0), parseWhole('65535', 1, 65_535)]).toEqual([0, 65_535]);
  });

  it.each(['', '-1', '1.5', '1x', '0x10', ' 1', '65536', '0'])('refuses %j as a port', (text) => {
    expect(() => parseWhole(text, 1, 65_535)).toThrow('It must be a whole number from 1 to 65535');
  });
});

describe('parseRatio()', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['1.5', 1.5],
  ])('reads %s', (text, ratio) => {
    expect(parseRatio(text)).toBe(ratio);
  });

  it.each(['', '-1', '1e3', 'Infinity', '1.', '.5', '1x'])('refuses %j', (text) => {
    expect(() => parseRatio(text)).toThrow(RangeError);
  });
});
