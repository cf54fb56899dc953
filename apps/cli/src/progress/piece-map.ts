/** What one cell of the map stands for: some pieces, side by side. */
export interface MapCell {
  /** Share of its pieces that are here, 0 to 1. */
  readonly share: number;
  /** Whether one of its pieces is being fetched. */
  readonly isActive: boolean;
}

const IN_PROGRESS = 1;
const HAVE = 2;
const NOT_WANTED = 3;

/**
 * Scales piece states to `cellCount` cells. With fewer pieces than cells a piece takes several cells; with more, a cell
 * tells of several pieces. Every piece is in some cell, and cells differ by at most one piece.
 *
 * @param states - Per piece 0 missing, 1 in progress, 2 have, 3 not wanted, which is drawn as missing but makes no cell
 * with others look unfinished.
 */
export function mapPieces(states: Uint8Array, cellCount: number): MapCell[] {
  if (states.length === 0) return [];
  return Array.from({ length: cellCount }, (_, cell) => {
    const from = Math.floor((cell * states.length) / cellCount);
    const to = Math.max(from + 1, Math.floor(((cell + 1) * states.length) / cellCount));
    let have = 0;
    let wanted = 0;
    let isActive = false;
    for (let piece = from; piece < to; piece += 1) {
      if (states[piece] !== NOT_WANTED) wanted += 1;
      if (states[piece] === HAVE) have += 1;
      else if (states[piece] === IN_PROGRESS) isActive = true;
    }
    return { share: wanted === 0 ? 0 : have / wanted, isActive };
  });
}
