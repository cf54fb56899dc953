import { describe, expect, it } from 'vitest';
import { mapPieces } from './piece-map.ts';

function shares(states: readonly number[], cellCount: number): number[] {
  return mapPieces(Uint8Array.from(states), cellCount).map((cell) => cell.share);
}

describe('mapPieces()', () => {
  it('gives each piece a cell where there are as many', () => {
    expect(mapPieces(Uint8Array.of(0, 1, 2), 3)).toEqual([
      { share: 0, isActive: false },
      { share: 0, isActive: true },
      { share: 1, isActive: false },
    ]);
  });

  it('stretches few pieces', () => {
    expect(shares([2, 0], 6)).toEqual([1, 1, 1, 0, 0, 0]);
    expect(shares([2, 0, 2], 4)).toEqual([1, 1, 0, 1]);
  });

  it('sums up many', () => {
    expect(shares([2, 2, 2, 0, 0, 0], 2)).toEqual([1, 0]);
    expect(shares([2, 0, 2, 0], 2)).toEqual([0.5, 0.5]);
  });

  it('tells of a piece in progress wherever it is', () => {
    for (let piece = 0; piece < 1000; piece += 1) {
      const states = new Uint8Array(1000);
      states[piece] = 1;
      expect(mapPieces(states, 78).filter((cell) => cell.isActive)).toHaveLength(1);
    }
  });

  it('is full only when every piece is here', () => {
    for (const missing of [0, 499, 999]) {
      const states = new Uint8Array(1000).fill(2);
      states[missing] = 0;
      expect(mapPieces(states, 78).filter((cell) => cell.share < 1)).toHaveLength(1);
    }
  });

  it('draws nothing of nothing', () => {
    expect(mapPieces(new Uint8Array(0), 78)).toEqual([]);
  });
});
