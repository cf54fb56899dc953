import { FileLayout, PieceLayout } from '@millrace/metainfo';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { piecesOfFiles } from './wanted-pieces.ts';

/** Files of these lengths, in pieces of 4 bytes. */
function layoutOf(lengths: readonly number[]): FileLayout {
  const totalLength = lengths.reduce((sum, length) => sum + length, 0);
  return new FileLayout(new PieceLayout({ pieceLength: 4, totalLength }), lengths);
}

describe('piecesOfFiles()', () => {
  it.each([
    ['one file', [1], [1, 2]],
    ['neighbours that share a piece', [2, 1], [1, 2, 3]],
    ['files far apart, named twice', [4, 0, 4], [0, 1, 3, 4]],
    ['a file that is empty', [3], []],
    ['none', [], []],
  ])('finds the pieces of %s', (_, files, pieces) => {
    expect(piecesOfFiles(layoutOf([6, 5, 3, 0, 6]), files)).toEqual(pieces);
  });

  it.each([-1, 2, 0.5, Number.NaN])('refuses file %d of two', (file) => {
    expect(() => piecesOfFiles(layoutOf([6, 5]), [0, file])).toThrow(RangeError);
  });

  it('names a piece if and only if it has a byte of one of the files', () => {
    const cases = fc.array(fc.record({ length: fc.nat(9), isWanted: fc.boolean() }), { maxLength: 12 });
    fc.assert(
      fc.property(cases, (files) => {
        const layout = layoutOf(files.map(({ length }) => length));
        const wanted = upTo(files.length).filter((index) => files[index]?.isWanted);
        const totalLength = files.reduce((sum, { length }) => sum + length, 0);
        const expected = upTo(Math.ceil(totalLength / 4)).filter((piece) =>
          layout.spans(piece).some(({ fileIndex }) => files[fileIndex]?.isWanted),
        );
        expect(piecesOfFiles(layout, wanted.toReversed())).toEqual(expected);
      }),
    );
  });
});
