import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInfoHash, infoHash } from './info-hash.ts';
import { digestSha1 as nativeDigest, openSha1 as openNative } from './node/sha1.ts';
import { digestSha1 as portableDigest, openSha1 as openPortable } from './sha1-portable.ts';
import { createSha1, sha1 } from './sha1.ts';

const implementations = [
  ['the one chosen here', sha1, createSha1],
  ['node:crypto', nativeDigest, openNative],
  ['@noble/hashes', portableDigest, openPortable],
] as const;

describe.each(implementations)('SHA-1 by %s', (_, digest, open) => {
  it.each([
    ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
    ['a'.repeat(1_000_000), '34aa973cd4c4daa4f61eeb2bdbad27316534016f'],
  ])('agrees with FIPS 180', (text, hex) => {
    const hash = digest(new TextEncoder().encode(text));
    expect(formatInfoHash(infoHash(hash))).toBe(hex);
    expect(Object.getPrototypeOf(hash)).toBe(Uint8Array.prototype);
    expect(hash.buffer.byteLength).toBe(20);
  });

  it('gives the same for the same bytes in parts', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 }), (parts) => {
        const stream = open();
        for (const part of parts) stream.update(part);
        const whole = Uint8Array.from(parts.flatMap((part) => Array.from(part)));
        expect(stream.digest()).toEqual(sha1(whole));
      }),
    );
  });
});
