import { seededRandom } from '@millrace/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fingerprints } from '../piece/fingerprints.ts';
import { upTo } from '../testing/bitfield.ts';
import { SmartBan, type GivenBlock } from './smart-ban.ts';

const BLOCK_LENGTH = 16_384;

function given(peer: number, fingerprint: number): GivenBlock {
  return { peer, fingerprint };
}

describe('SmartBan', () => {
  it('accuses those whose blocks were others, and no one else', () => {
    const smartBan = new SmartBan();
    smartBan.failed(7, [given(1, 10), given(2, 99), given(1, 12), given(3, 98)]);
    expect(smartBan.remembers(7)).toBe(true);
    expect([...smartBan.passed(7, [10, 11, 12, 13])]).toEqual([2, 3]);
    expect([smartBan.remembers(7), ...smartBan.passed(7, [1, 2, 3, 4])]).toEqual([false]);
  });

  it('accuses no one of a piece that did not fail', () => {
    expect(new SmartBan().passed(1, [1, 2, 3]).size).toBe(0);
  });

  it('remembers so many blocks, the newest ones, and those of the last failure in any case', () => {
    const smartBan = new SmartBan(10);
    for (const index of upTo(5)) smartBan.failed(index, [given(1, 1), given(1, 2), given(1, 3)]);
    expect(upTo(5).map((index) => smartBan.remembers(index))).toEqual([false, false, true, true, true]);
    smartBan.failed(3, [given(1, 1)]);
    smartBan.failed(
      9,
      upTo(40).map((at) => given(1, at)),
    );
    expect(upTo(10).filter((index) => smartBan.remembers(index))).toEqual([9]);
  });

  it('never accuses one who gave right blocks, and always one who did not, whoever shared the piece', () => {
    const block = fc.record({ peer: fc.nat(5), isWrong: fc.boolean() });
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 30 }), fc.nat(), (blocks, seed) => {
        const random = seededRandom(seed);
        const piece = Uint8Array.from({ length: blocks.length * BLOCK_LENGTH - 7 }, () => random() * 256);
        const failed = piece.slice();
        for (const [at, { isWrong }] of blocks.entries()) {
          const end = Math.min(piece.length, (at + 1) * BLOCK_LENGTH);
          const byte = at * BLOCK_LENGTH + Math.floor(random() * (end - at * BLOCK_LENGTH));
          if (isWrong) failed[byte] = (failed[byte] ?? 0) ^ (1 << Math.floor(random() * 8));
        }
        const fingerprints = new Fingerprints(random);
        const smartBan = new SmartBan();
        const before = fingerprints.of(failed);
        smartBan.failed(
          0,
          blocks.map(({ peer }, at) => given(peer, before[at] ?? -1)),
        );
        const guilty = new Set(blocks.filter(({ isWrong }) => isWrong).map(({ peer }) => peer));
        expect(smartBan.passed(0, fingerprints.of(piece))).toEqual(guilty);
      }),
      { numRuns: 20 },
    );
  });
});

describe('Fingerprints', () => {
  it('are the same for the same bytes, and others with another key', () => {
    const piece = new Uint8Array(3 * BLOCK_LENGTH + 5).fill(9);
    const [one, other] = [new Fingerprints(seededRandom(1)), new Fingerprints(seededRandom(2))];
    expect(one.of(piece)).toHaveLength(4);
    expect(one.of(piece)).toEqual(one.of(piece.slice()));
    expect(new Set([...one.of(piece), ...other.of(piece)]).size).toBe(4);
  });
});
