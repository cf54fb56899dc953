import { infoHash } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { allowedFastSet } from './allowed-fast.ts';

const options = {
  infoHash: infoHash(new Uint8Array(20).fill(0xaa)),
  address: '80.4.4.200',
  pieceCount: 1313,
};

describe('allowedFastSet', () => {
  // The vectors of BEP 6.
  it.each([
    [7, [1059, 431, 808, 1217, 287, 376, 1188]],
    [9, [1059, 431, 808, 1217, 287, 376, 1188, 353, 508]],
  ])('of %d pieces is as specified', (count, pieces) => {
    expect(allowedFastSet({ ...options, count })).toEqual(pieces);
  });

  it('is the same for a network, and 10 pieces unless told otherwise', () => {
    const pieces = allowedFastSet(options);
    expect(new Set(pieces).size).toBe(10);
    expect(allowedFastSet({ ...options, address: '80.4.4.1' })).toEqual(pieces);
    expect(allowedFastSet({ ...options, address: '::ffff:80.4.4.1' })).toEqual(pieces);
    expect(allowedFastSet({ ...options, address: '80.4.5.200' })).not.toEqual(pieces);
  });

  it('is every piece if there are no more, and none for IPv6', () => {
    expect(allowedFastSet({ ...options, pieceCount: 3 })).toEqual([0, 1, 2]);
    expect(allowedFastSet({ ...options, pieceCount: 11 })).toHaveLength(10);
    expect(allowedFastSet({ ...options, pieceCount: 0 })).toEqual([]);
    expect(allowedFastSet({ ...options, address: '2001:db8::1' })).toEqual([]);
  });

  it.each([{ address: 'localhost' }, { pieceCount: -1 }, { count: 1.5 }])('does not take %j', (wrong) => {
    expect(() => allowedFastSet({ ...options, ...wrong })).toThrowError(RangeError);
  });
});
