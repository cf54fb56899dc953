import { describe, expect, it } from 'vitest';
import {
  countOf,
  formatBytes,
  formatDuration,
  formatPercent,
  formatRate,
  formatTimeLeft,
  percent,
  shareOf,
} from './units.ts';

describe('formatBytes()', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [92_063, '89.9 KiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
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

describe('formatDuration()', () => {
  it.each([
    [0, '0ms'],
    [1234, '1.2s'],
    [59_600, '1m'],
    [80_000, '1m 20s'],
    [7_260_000, '2h 1m'],
    [1e15, 'over 99d'],
  ])('shows %d ms as %s', (durationMs, shown) => {
    expect(formatDuration(durationMs)).toBe(shown);
  });
});

describe('formatTimeLeft()', () => {
  it.each([
    [1, '1s'],
    [1001, '2s'],
    [61_000, '1m 1s'],
  ])('rounds %d ms up to %s', (etaMs, shown) => {
    expect(formatTimeLeft(etaMs)).toBe(shown);
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
