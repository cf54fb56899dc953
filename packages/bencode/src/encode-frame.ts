import type { BencodePath } from './value.ts';

/** A list or dictionary being written. */
export interface EncodeFrame {
  readonly container: object;
  /** Keys of `items` if it is a dictionary, sorted. */
  readonly keys: readonly string[] | undefined;
  readonly items: readonly unknown[];
  /** Index of the item that is written next. */
  next: number;
}

/** Returns the path to the item that each frame is writing. */
export function pathTo(frames: readonly EncodeFrame[]): BencodePath {
  return frames.map(({ keys, next }) => keys?.[next - 1] ?? next - 1);
}
