import { CheckedReader, type Reader } from './reader.ts';

const decoders: Record<'strict' | 'lenient', TextDecoder> = {
  strict: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
  lenient: new TextDecoder('utf-8', { ignoreBOM: true }),
};

/**
 * Reads a byte string as it is: a view of the decoded input.
 *
 * @param size Its exact length, or inclusive bounds of it, in bytes.
 */
export function bytes(
  size: number | { readonly min?: number; readonly max?: number } = {},
): Reader<Uint8Array> {
  const { min = 0, max = Infinity } = typeof size === 'number' ? { min: size, max: size } : size;
  const expected = `a byte string${describeSize(min, max)}`;
  return new CheckedReader((value, context) => {
    if (!(value instanceof Uint8Array)) return context.wrongType(value, expected);
    if (value.length < min || value.length > max)
      return context.outOfRange(`${value.length} bytes`, expected);
    return value;
  });
}

export interface TextOptions {
  /** Longest byte string accepted. @defaultValue no bound */
  readonly maxBytes?: number;
  /** Refuses what is not UTF-8 (`NOT_UTF8`); `false` puts U+FFFD in its place. @defaultValue true */
  readonly fatal?: boolean;
}

/** Reads a byte string of UTF-8 as text. A byte order mark is kept. */
export function text(options: TextOptions = {}): Reader<string> {
  const { maxBytes = Infinity, fatal = true } = options;
  const decoder = fatal ? decoders.strict : decoders.lenient;
  const expected = `text${describeSize(0, maxBytes)}`;
  return new CheckedReader((value, context) => {
    if (!(value instanceof Uint8Array)) return context.wrongType(value, expected);
    if (value.length > maxBytes) return context.outOfRange(`${value.length} bytes`, expected);
    try {
      return decoder.decode(value);
    } catch {
      return context.refuse({ code: 'NOT_UTF8', path: [...context.path] });
    }
  });
}

function describeSize(min: number, max: number): string {
  if (min === max) return ` of ${min} bytes`;
  if (max !== Infinity) return ` of ${min} to ${max} bytes`;
  return min > 0 ? ` of at least ${min} bytes` : '';
}
