import type { PieceStore } from '@millrace/downloader';
import { Bitfield } from '@millrace/peer-wire';

/** Takes every piece for right, and keeps none: what is left is the engine's own work. */
export function blindStore(there: Bitfield): PieceStore {
  return {
    allocate: (length) => new Uint8Array(length),
    examine: () => Promise.resolve(there),
    commit: () => Promise.resolve({ isRight: true }),
    read: () => false,
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Returns every piece with this probability. */
export function someOf(pieceCount: number, probability: number, random: () => number): Bitfield {
  const some = new Bitfield(pieceCount);
  for (let index = 0; index < pieceCount; index += 1) if (random() < probability) some.add(index);
  return some;
}
