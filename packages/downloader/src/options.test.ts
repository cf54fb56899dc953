import { describe, expect, it } from 'vitest';
import { requireCount, resolveLimits } from './options.ts';

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

describe('requireCount()', () => {
  it('lets pass what is not given, and counts', () => {
    for (const value of [undefined, 1, 2 ** 40])
      expect(() => requireCount('metadataTimeoutMs', value)).not.toThrow();
  });

  it('names what it refuses', () => {
    expect(() => requireCount('metadataTimeoutMs', 0)).toThrow(
      'Cannot download with metadataTimeoutMs 0: it must be a whole number of at least 1',
    );
  });
});
