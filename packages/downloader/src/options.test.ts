import { describe, expect, it } from 'vitest';
import { resolveLimits } from './options.ts';

describe('resolveLimits()', () => {
  it('fills in defaults', () => {
    expect(resolveLimits({ maxPeers: 7 })).toEqual({
      maxPeers: 7,
      memoryBytes: 67_108_864,
      requestTimeoutMs: 20_000,
    });
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses %d', (value) => {
    for (const name of ['maxPeers', 'memoryBytes', 'requestTimeoutMs']) {
      expect(() => resolveLimits({ [name]: value })).toThrow(RangeError);
    }
  });
});
