import { textToKey } from '../key.ts';
import { CheckedReader, checkWith, type Reader, type ReaderOutput, REFUSED } from './reader.ts';

/**
 * Reads a list whose items `item` reads, into a new array.
 *
 * @param options `max`: the most items accepted.
 */
export function list<T>(item: Reader<T>, options: { readonly max?: number } = {}): Reader<T[]> {
  const { max = Infinity } = options;
  const expected = max === Infinity ? 'a list' : `a list of at most ${max} items`;
  return new CheckedReader((value, context) => {
    if (!Array.isArray(value)) return context.wrongType(value, expected);
    if (value.length > max) return context.outOfRange(`${value.length} items`, expected);
    const result: T[] = [];
    for (const [index, each] of value.entries()) {
      context.path.push(index);
      const read = checkWith(item, each, context);
      if (read === REFUSED) return REFUSED;
      context.path.pop();
      result.push(read);
    }
    return result;
  });
}

/**
 * Reads the fields of a dictionary that `shape` names, into a new object; other fields are left alone. Names are
 * text: their UTF-8 is looked for.
 */
export function dict<S extends Readonly<Record<string, Reader<unknown>>>>(
  shape: S,
): Reader<{ [K in keyof S]: ReaderOutput<S[K]> }> {
  const fields = Object.entries(shape).map(([name, reader]) => ({ name, key: textToKey(name), reader }));
  return new CheckedReader((value, context) => {
    if (!(value instanceof Map)) return context.wrongType(value, 'a dictionary');
    const entries: [string, unknown][] = [];
    for (const { name, key, reader } of fields) {
      context.path.push(key);
      const read = checkWith(reader, value.get(key), context);
      if (read === REFUSED) return REFUSED;
      context.path.pop();
      entries.push([name, read]);
    }
    // fromEntries defines fields, so even one called "__proto__" is just a field.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the loop above made one entry per field of S
    return Object.fromEntries(entries) as { [K in keyof S]: ReaderOutput<S[K]> };
  });
}
