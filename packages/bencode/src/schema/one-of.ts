import type { BencodeErrorDetail } from '../error.ts';
import { CheckedReader, checkWith, type Reader, REFUSED } from './reader.ts';

/**
 * Reads a value with the first of `readers` that accepts it. If none does, the failure that lies deepest in the
 * value is reported, since its reader came closest.
 *
 * @throws {RangeError} if there are no readers.
 */
export function oneOf<T extends readonly unknown[]>(
  ...readers: { readonly [K in keyof T]: Reader<T[K]> }
): Reader<T[number]> {
  if (readers.length === 0) throw new RangeError('Cannot read one of no readers: there must be at least one');
  return new CheckedReader<T[number]>((value, context) => {
    const depth = context.path.length;
    const failures: BencodeErrorDetail[] = [];
    for (const reader of readers) {
      const read = checkWith<T[number]>(reader, value, context);
      if (read !== REFUSED) return read;
      context.path.length = depth;
      failures.push(context.failure!);
    }
    return context.refuse(closest(failures, depth));
  });
}

function closest(failures: readonly BencodeErrorDetail[], depth: number): BencodeErrorDetail {
  const first = failures[0]!;
  const best = failures.reduce((left, right) => (rank(right) > rank(left) ? right : left), first);
  if (best.path.length > depth || (best.code !== 'WRONG_TYPE' && best.code !== 'MISSING_FIELD')) return best;
  // Nothing got further than the type: say all that would have done.
  const expected = new Set(failures.map((failure) => ('expected' in failure ? failure.expected : '')));
  return { ...best, expected: [...expected].join(' or ') };
}

/** Deeper is closer; at the same depth, a value of the right type is. */
function rank({ code, path }: BencodeErrorDetail): number {
  return path.length * 2 + Number(code !== 'WRONG_TYPE' && code !== 'MISSING_FIELD');
}
