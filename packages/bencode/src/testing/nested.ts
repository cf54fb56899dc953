import { bytesOf } from './bytes.ts';

/** Returns the bytes of `depth` lists in each other. */
export function nestedBytes(depth: number): Uint8Array<ArrayBuffer> {
  return bytesOf('l'.repeat(depth) + 'e'.repeat(depth));
}

/** Counts how many lists are in each other, without recursion. */
export function depthOf(value: unknown): number {
  let depth = 0;
  for (let inner = value; Array.isArray(inner); inner = inner[0]) depth += 1;
  return depth;
}
