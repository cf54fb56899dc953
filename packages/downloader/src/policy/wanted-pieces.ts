import type { FileLayout } from '@millrace/metainfo';

/**
 * Returns the pieces that hold bytes of any of `files`, in rising order, each once. Some of them may hold bytes of other
 * files too.
 *
 * @param files - Their indexes, in any order.
 * @throws {RangeError} if there is no such file.
 */
export function piecesOfFiles(layout: FileLayout, files: readonly number[]): number[] {
  const pieces: number[] = [];
  let next = 0;
  for (const file of files.toSorted((a, b) => a - b)) {
    const range = layout.pieceRange(file);
    if (range === undefined) continue;
    for (let piece = Math.max(next, range.first); piece <= range.last; piece += 1) pieces.push(piece);
    next = Math.max(next, range.last + 1);
  }
  return pieces;
}
