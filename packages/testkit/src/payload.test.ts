import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { payload } from './payload.ts';

describe('payload', () => {
  it('is the same for the same seed and differs for another', () => {
    expect(payload(1000, 1)).toEqual(payload(1000, 1));
    expect(payload(1000, 1)).not.toEqual(payload(1000, 2));
  });

  it('gives a shorter one as the beginning of a longer one, whatever the remainder', () => {
    const long = payload(64, 3);
    for (let length = 0; length <= 64; length += 1) {
      expect(payload(length, 3)).toEqual(long.slice(0, length));
    }
  });

  it('cannot be compressed', () => {
    const bytes = payload(100_000);
    expect(deflateSync(bytes).length).toBeGreaterThan(bytes.length);
  });
});
