import { describe, expect, it } from 'vitest';
import { fateOf, type FileEvidence, type FileFate } from './file-fate.ts';
import type { FileStamp } from './file-stamps.ts';
import type { FoundFile } from './found-files.ts';

const nothing: FoundFile = { type: 'nothing' };
const stampOf = (length: number): FileStamp => ({ length, mtimeNs: 1n, inode: 1n });
const part: FoundFile = { type: 'part', stamp: stampOf(50) };
const final = (length: number, hasPart = false): FoundFile => ({
  type: 'final',
  stamp: stampOf(length),
  hasPart,
});

/** Evidence of a file of 100 bytes and three pieces, `thereCount` of which are there. */
function evidence(thereCount: number, others: Partial<FileEvidence> = {}): FileEvidence {
  const missingCount = 3 - thereCount;
  return {
    length: 100,
    thereCount,
    missingCount,
    isAnyThere: thereCount > 0,
    isKnown: false,
    overwrite: false,
    ...others,
  };
}

describe('fateOf()', () => {
  it.each<[string, FoundFile, FileEvidence, FileFate]>([
    ['nothing where nothing is', nothing, evidence(0), 'stays'],
    ['nothing but bytes that were kept elsewhere', nothing, evidence(1), 'stays'],
    ['all its bytes, that were kept elsewhere', nothing, evidence(3), 'finishes'],
    ['no bytes, and is empty', nothing, evidence(0, { length: 0, missingCount: 0 }), 'stays'],
    ['a part', part, evidence(2), 'stays'],
    ['a part that is whole', part, evidence(3), 'finishes'],
    ['everything', final(100), evidence(3), 'stays'],
    ['some right pieces', final(60), evidence(1), 'reopens'],
    ['no bytes yet', final(0), evidence(0), 'reopens'],
    ['as many bytes, all wrong', final(100), evidence(0), 'is refused'],
    [
      'as many, all wrong, beside files that are right',
      final(100),
      evidence(0, { isAnyThere: true }),
      'reopens',
    ],
    [
      'fewer, all wrong, beside files that are right',
      final(60),
      evidence(0, { isAnyThere: true }),
      'is refused',
    ],
    ['wrong bytes only, but was ours before a crash', final(60), evidence(0, { isKnown: true }), 'reopens'],
    ['the right bytes and more', final(101), evidence(3), 'is refused'],
    ['some right pieces beside a part', final(60, true), evidence(1), 'is refused'],
    ['anything, to be overwritten', final(101, true), evidence(0, { overwrite: true }), 'reopens'],
  ])('decides about a file that has %s', (_, found, given, fate) => {
    expect(fateOf(found, given)).toBe(fate);
  });
});
