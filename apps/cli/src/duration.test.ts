import { describe, expect, it } from 'vitest';
import { formatDuration, formatTimeLeft } from './duration.ts';

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
