import { CheckedReader, type Reader } from './reader.ts';

/**
 * Reads an integer as a `number`. Bounds are inclusive.
 *
 * @param range By default every safe integer.
 */
export function int(range: { readonly min?: number; readonly max?: number } = {}): Reader<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
  const expected = `an integer from ${min} to ${max}`;
  return new CheckedReader((value, context) => {
    if (typeof value !== 'number' && typeof value !== 'bigint') return context.wrongType(value, expected);
    // Mixed comparison is exact, so a bigint is only converted once it is known to be safe.
    if (value < min || value > max) return context.outOfRange(String(value), expected);
    const result = Number(value);
    return Number.isSafeInteger(result) ? result : context.outOfRange(String(value), expected);
  });
}

/**
 * Reads an integer as a `bigint`. Bounds are inclusive.
 *
 * @param range By default every integer that can be decoded.
 */
export function bigint(range: { readonly min?: bigint; readonly max?: bigint } = {}): Reader<bigint> {
  const { min, max } = range;
  const bounds = [min === undefined ? '' : ` from ${min}`, max === undefined ? '' : ` to ${max}`];
  const expected = `an integer${bounds.join('')}`;
  return new CheckedReader((value, context) => {
    if (typeof value !== 'number' && typeof value !== 'bigint') return context.wrongType(value, expected);
    if ((min !== undefined && value < min) || (max !== undefined && value > max)) {
      return context.outOfRange(String(value), expected);
    }
    return BigInt(value);
  });
}
