import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileLayout } from './file-layout.ts';
import { PieceLayout } from './piece-layout.ts';

function layOut(pieceLength: number, lengths: readonly number[]): FileLayout {
  const totalLength = lengths.reduce((sum, length) => sum + length, 0);
  return new FileLayout(new PieceLayout({ pieceLength, totalLength }), lengths);
}

describe('FileLayout', () => {
  it('splits a piece at the files it holds, leaving out empty ones', () => {
    const files = layOut(10, [0, 3, 0, 0, 4, 15, 0, 1, 0]);
    expect(files.spans(0)).toEqual([
      { fileIndex: 1, fileOffset: 0, begin: 0, length: 3 },
      { fileIndex: 4, fileOffset: 0, begin: 3, length: 4 },
      { fileIndex: 5, fileOffset: 0, begin: 7, length: 3 },
    ]);
    expect(files.spans(1)).toEqual([{ fileIndex: 5, fileOffset: 3, begin: 0, length: 10 }]);
    expect(files.spans(2)).toEqual([
      { fileIndex: 5, fileOffset: 13, begin: 0, length: 2 },
      { fileIndex: 7, fileOffset: 0, begin: 2, length: 1 },
    ]);
  });

  it('knows the pieces of a file', () => {
    const files = layOut(10, [0, 3, 7, 20, 0, 1]);
    expect([0, 1, 2, 3, 4, 5].map((index) => files.pieceRange(index))).toEqual([
      undefined,
      { first: 0, last: 0 },
      { first: 0, last: 0 },
      { first: 1, last: 2 },
      undefined,
      { first: 3, last: 3 },
    ]);
  });

  it('agrees with a file map made byte by byte', () => {
    const lengths = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), lengths, (pieceLength, fileLengths) => {
        const owners = fileLengths.flatMap((length, fileIndex) =>
          Array.from({ length }, (_, fileOffset) => ({ fileIndex, fileOffset })),
        );
        const files = layOut(pieceLength, fileLengths);
        const pieceCount = Math.ceil(owners.length / pieceLength);
        const covered = Array.from({ length: pieceCount }, (_, piece) => files.spans(piece)).flatMap(
          (spans) =>
            spans.flatMap((span) =>
              Array.from({ length: span.length }, (_, index) => ({
                fileIndex: span.fileIndex,
                fileOffset: span.fileOffset + index,
              })),
            ),
        );
        expect(covered).toEqual(owners);
        for (const [fileIndex] of fileLengths.entries()) {
          const offsets = owners.flatMap((owner, offset) => (owner.fileIndex === fileIndex ? [offset] : []));
          const first = offsets[0];
          const last = offsets.at(-1);
          expect(files.pieceRange(fileIndex)).toEqual(
            first === undefined || last === undefined
              ? undefined
              : { first: Math.floor(first / pieceLength), last: Math.floor(last / pieceLength) },
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it('finds the spans of any piece among a million files quickly', () => {
    const lengths = Array.from({ length: 1_000_000 }, (_, index) => index % 3);
    const files = layOut(16_384, lengths);
    const startedMs = performance.now();
    for (let piece = 0; piece < 60; piece += 1) files.spans(piece);
    files.spans(0);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it.each([[[1, 2]], [[1, 2, 3]], [[]]])(
    'refuses files %j that are not the four bytes of the pieces',
    (lengths) => {
      expect(() => new FileLayout(new PieceLayout({ pieceLength: 2, totalLength: 4 }), lengths)).toThrow(
        RangeError,
      );
    },
  );

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses a file of length %d', (length) => {
    const layout = new PieceLayout({ pieceLength: 2, totalLength: 4 });
    expect(() => new FileLayout(layout, [length])).toThrow(RangeError);
  });

  it.each([-1, 2, 0.5, Number.NaN])('has no file and no piece %d of two', (index) => {
    const files = layOut(4, [4, 4]);
    expect(() => files.pieceRange(index)).toThrow(RangeError);
    expect(() => files.spans(index)).toThrow(RangeError);
  });
});
