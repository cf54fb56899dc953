import { readLatin1 } from './latin1.ts';

/**
 * Digits an integer may have: every 64-bit signed integer fits. The bound also keeps decoding linear, since
 * turning n digits into a bigint takes more than n steps.
 */
export const MAX_DIGITS = 19;

const ZERO = 0x30;

/**
 * Reads the digits from `first` to `end` exactly.
 *
 * @returns The integer, or what was expected instead if it is out of range.
 */
export function readWideInteger(
  input: Uint8Array,
  first: number,
  end: number,
  isNegative: boolean,
  integers: 'auto' | 'number' | 'bigint',
): number | bigint | string {
  let from = first;
  while (input[from] === ZERO && from < end - 1) from += 1;
  if (end - from > MAX_DIGITS) return `at most ${MAX_DIGITS} digits`;
  const magnitude = BigInt(readLatin1(input, from, end));
  const value = isNegative ? -magnitude : magnitude;
  if (integers === 'bigint') return value;
  if (magnitude <= Number.MAX_SAFE_INTEGER) return Number(value);
  return integers === 'auto' ? value : 'at most 2^53 - 1';
}
