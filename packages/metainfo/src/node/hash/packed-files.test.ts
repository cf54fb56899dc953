import { describe, expect, it } from 'vitest';
import { packFiles, unpackFiles } from './packed-files.ts';

describe('unpackFiles', () => {
  it('gives back what was packed', () => {
    const files = [
      {
        length: 5,
        location: '/a\n/ü',
        seen: { size: 5, modifiedMs: 1_700_000_000_123.456, inode: 2 ** 40 + 1 },
      },
      { length: 0 },
      { length: 2 ** 53 - 1, location: '/b', seen: { size: 7, modifiedMs: 0, inode: 0 } },
    ];
    for (const some of [files, files.slice(1, 2), files.slice(0, 1)]) {
      expect(unpackFiles(structuredClone(packFiles(some)))).toEqual(some);
    }
  });
});
