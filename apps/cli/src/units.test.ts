import { describe, expect, it } from 'vitest';
import { countOf, formatBytes, formatPercent, formatRate, percent, shareOf } from './units.ts';

describe('formatBytes()', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [92_063, '89.9 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [1023.9 * 1024, '1023.9 KiB'],
    [1024 ** 2, '1.0 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
    [5000 * 1024 ** 5, '5000.0 PiB'],
  ])('shows %d as %s', (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });
});

describe('formatRate()', () => {
  it('counts whole bytes', () => {
    expect(formatRate(10.4)).toBe('10 B/s');
    expect(formatRate(1.5 * 1024 * 1024)).toBe('1.5 MiB/s');
  });
});

describe('formatPercent()', () => {
  it('reaches 100 only with the last byte', () => {
    expect(formatPercent(shareOf(999_999, 1_000_000))).toBe('99.9 %');
    expect(formatPercent(shareOf(1_000_000, 1_000_000))).toBe('100.0 %');
  });

  it('takes nothing of nothing for all of it', () => {
    expect(percent(shareOf(0, 0))).toBe(100);
  });
});

describe('countOf()', () => {
  it('knows one from many', () => {
    expect([countOf(0, 'peer'), countOf(1, 'peer'), countOf(2, 'peer')]).toEqual([
      '0 peers',
      '1 peer',
      '2 peers',
    ]);
  });
});
