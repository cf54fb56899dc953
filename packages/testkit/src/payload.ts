import { fillRandom } from './random.ts';

/**
 * Makes `length` incompressible bytes that depend on nothing but `seed`.
 *
 * @returns A new array; the caller owns it. `payload(n, seed)` is a prefix of `payload(m, seed)` for n < m.
 */
export function payload(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  fillRandom(bytes, seed);
  return bytes;
}
