import { type BencodeDict, decode, encode, type Encodable } from '@millrace/bencode';
import { sha1 } from '@millrace/metainfo';
import { Bitfield } from '@millrace/peer-wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeResumeState,
  encodeResumeState,
  maxResumeStateLength,
  type ResumeIdentity,
  type ResumeState,
} from './resume-state.ts';

const identity: ResumeIdentity = {
  infoHash: sha1(new Uint8Array(1)),
  root: '/data/sämple',
  pieceCount: 19,
  totalLength: 19_000,
  fileCount: 3,
};

function bits(size: number, indexes: Iterable<number>): Bitfield {
  const result = new Bitfield(size);
  for (const index of indexes) result.add(index);
  return result;
}

function stateOf(changes: Partial<ResumeState> = {}): ResumeState {
  return {
    isClean: true,
    pieces: bits(19, [0, 7, 18]),
    stamps: BigInt64Array.of(5n, 1_795_883_498_965_464_249n, 77n, 0n, 0n, 0n, 1n, 2n, 2n ** 63n - 1n),
    unsynced: bits(3, [2]),
    boot: new TextEncoder().encode('first'),
    selected: bits(3, [0, 2]),
    isFinished: false,
    totals: { downloadedBytes: 12_345, uploadedBytes: 2 ** 50 },
    ...changes,
  };
}

/** A state as what can be compared. */
function shown(state: ResumeState | undefined): unknown {
  return (
    state && {
      ...state,
      pieces: [...state.pieces],
      stamps: [...state.stamps],
      unsynced: [...state.unsynced],
      boot: [...state.boot],
      selected: state.selected && [...state.selected],
    }
  );
}

describe('a resume state', () => {
  it('is the same after it was encoded and decoded', () => {
    const indexes = (size: number): fc.Arbitrary<number[]> => fc.uniqueArray(fc.nat({ max: size - 1 }));
    const arbitrary = fc.record({
      isClean: fc.boolean(),
      pieces: indexes(19).map((list) => bits(19, list)),
      stamps: fc
        .array(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), { minLength: 9, maxLength: 9 })
        .map((figures) => BigInt64Array.from(figures)),
      unsynced: indexes(3).map((list) => bits(3, list)),
      boot: fc.uint8Array({ maxLength: 64 }),
      selected: fc.option(
        indexes(3).map((list) => bits(3, list)),
        { nil: undefined },
      ),
      isFinished: fc.boolean(),
      totals: fc.record({ downloadedBytes: fc.maxSafeNat(), uploadedBytes: fc.maxSafeNat() }),
    });
    fc.assert(
      fc.property(arbitrary, (state) => {
        const bytes = encodeResumeState(state, identity);
        expect(bytes.length).toBeLessThanOrEqual(maxResumeStateLength(identity));
        expect(shown(decodeResumeState(bytes, identity))).toEqual(shown(state));
      }),
    );
  });

  it('is nothing when it is cut anywhere, or any byte of it is another', () => {
    const bytes = encodeResumeState(stateOf(), identity);
    for (let at = 0; at < bytes.length; at += 1) {
      expect(decodeResumeState(bytes.subarray(0, at), identity)).toBeUndefined();
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(decodeResumeState(damaged, identity), `byte ${at}`).toBeUndefined();
    }
  });

  it.each<[string, Partial<ResumeIdentity>]>([
    ['another torrent', { infoHash: sha1(new Uint8Array(2)) }],
    ['another copy', { root: '/data/other' }],
    ['another length', { totalLength: 19_001 }],
    ['other pieces', { pieceCount: 40 }],
    ['other files', { fileCount: 4 }],
  ])('of %s is nothing', (_, changes) => {
    const bytes = encodeResumeState(stateOf(), identity);
    expect(decodeResumeState(bytes, { ...identity, ...changes })).toBeUndefined();
  });

  it('of a version to come is nothing', () => {
    const outer = decode(encodeResumeState(stateOf(), identity)) as BencodeDict;
    const bytes = encode(new Map<string, Encodable>([...outer, ['version', 2]]));
    expect(decodeResumeState(bytes, identity)).toBeUndefined();
  });
});
