import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_LENGTH, PieceLayout } from './piece-layout.ts';

const anyLayout = fc
  .record({
    pieceLength: fc.integer({ min: 1, max: 200_000 }),
    totalLength: fc.integer({ min: 1, max: 2_000_000 }),
  })
  .filter(({ pieceLength, totalLength }) => totalLength / pieceLength < 5000);

describe('PieceLayout', () => {
  it.each([
    // piece length, total length, pieces, last piece, its blocks, its last block
    [32_768, 92_063, 3, 26_527, 2, 10_143],
    [32_768, 65_536, 2, 32_768, 2, 16_384],
    [32_768, 65_537, 3, 1, 1, 1],
    [16_384, 1, 1, 1, 1, 1],
    [40_000, 40_000, 1, 40_000, 3, 7232],
    [1, 3, 3, 1, 1, 1],
    [536_870_912, 2 ** 40 + 1, 2049, 1, 1, 1],
    [536_870_912, Number.MAX_SAFE_INTEGER, 16_777_216, 536_870_911, 32_768, 16_383],
  ])('lays out pieces of %i in %i bytes', (pieceLength, totalLength, count, last, blocks, lastBlock) => {
    const layout = new PieceLayout({ pieceLength, totalLength });
    expect(layout.pieceCount).toBe(count);
    expect(layout.maxPieceLength).toBe(Math.min(pieceLength, totalLength));
    expect(layout.pieceLength(count - 1)).toBe(last);
    expect(layout.pieceOffset(count - 1) + last).toBe(totalLength);
    expect(layout.blockCount(count - 1)).toBe(blocks);
    expect(layout.blockLength(count - 1, blocks - 1)).toBe(lastBlock);
    expect(layout.pieceAt(totalLength - 1)).toBe(count - 1);
  });

  it('has no pieces if there are no bytes', () => {
    const layout = new PieceLayout({ pieceLength: 4, totalLength: 0 });
    expect(layout.pieceCount).toBe(0);
    expect(layout.maxPieceLength).toBe(0);
    expect(() => layout.pieceLength(0)).toThrow(RangeError);
  });

  it('covers every byte once, with pieces and with blocks', () => {
    fc.assert(
      fc.property(anyLayout, (options) => {
        const layout = new PieceLayout(options);
        let offset = 0;
        for (let index = 0; index < layout.pieceCount; index += 1) {
          expect(layout.pieceOffset(index)).toBe(offset);
          expect(layout.pieceAt(offset)).toBe(index);
          const blocks = [...layout.blocks(index)];
          expect(blocks).toHaveLength(layout.blockCount(index));
          let begin = 0;
          for (const [block, range] of blocks.entries()) {
            expect(range).toEqual({ index, begin, length: layout.blockLength(index, block) });
            expect(range.length).toBeLessThanOrEqual(BLOCK_LENGTH);
            begin += range.length;
          }
          expect(begin).toBe(layout.pieceLength(index));
          offset += begin;
        }
        expect(offset).toBe(options.totalLength);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [0, 1],
    [-1, 1],
    [1.5, 1],
    [Number.NaN, 1],
    [1, -1],
    [1, 0.5],
    [1, 2 ** 53],
    [2 ** 53, 1],
  ])('refuses a piece length of %d with a total of %d', (pieceLength, totalLength) => {
    expect(() => new PieceLayout({ pieceLength, totalLength })).toThrow(RangeError);
  });

  it.each([-1, 3, 0.5, Number.NaN, Infinity])('has no piece %d of three, in any method', (index) => {
    const layout = new PieceLayout({ pieceLength: 2, totalLength: 5 });
    expect(() => layout.pieceLength(index)).toThrow(RangeError);
    expect(() => layout.pieceOffset(index)).toThrow(RangeError);
    expect(() => layout.blockCount(index)).toThrow(RangeError);
    expect(() => layout.blockLength(index, 0)).toThrow(RangeError);
    expect(() => [...layout.blocks(index)]).toThrow(RangeError);
  });

  it.each([-1, 2, 0.5, Number.NaN])('has no block %d of two', (block) => {
    const layout = new PieceLayout({ pieceLength: 20_000, totalLength: 20_000 });
    expect(() => layout.blockLength(0, block)).toThrow('it has 2');
  });

  it.each([-1, 5, 0.5, Number.NaN])('has no piece at offset %d of five bytes', (offset) => {
    expect(() => new PieceLayout({ pieceLength: 2, totalLength: 5 }).pieceAt(offset)).toThrow(RangeError);
  });
});
