import { type EncodeFrame, pathTo } from './encode-frame.ts';
import { BencodeError } from './error.ts';
import { toKey } from './key.ts';
import { readLatin1 } from './latin1.ts';

/** Entries of a dictionary, sorted as bytes: `items[i]` belongs to `keys[i]`. */
interface Entries {
  readonly keys: readonly string[];
  readonly items: readonly unknown[];
}

/** Returns the entries of a plain object, without those that are undefined. */
export function objectEntries(value: object, frames: readonly EncodeFrame[]): Entries {
  const keys: string[] = [];
  const items: unknown[] = [];
  let isSorted = true;
  let previous = '';
  for (const [text, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const key = toKey(text);
    if (key === undefined) throw new BencodeError({ code: 'NOT_UTF8', path: [...pathTo(frames), text] });
    if (key < previous) isSorted = false;
    keys.push(key);
    items.push(item);
    previous = key;
  }
  return isSorted ? { keys, items } : sort({ keys, items });
}

/** Returns the entries of a map. */
export function mapEntries(map: ReadonlyMap<unknown, unknown>, frames: readonly EncodeFrame[]): Entries {
  const keys: string[] = [];
  const items: unknown[] = [];
  let isSorted = true;
  let previous: string | undefined;
  for (const [name, item] of map) {
    const key = typeof name === 'string' ? name : bytesToKey(name, frames);
    if (previous !== undefined && key <= previous) isSorted = false;
    keys.push(key);
    items.push(item);
    previous = key;
  }
  if (isSorted) return { keys, items };
  const sorted = sort({ keys, items });
  // A map can hold the same key as text and as bytes, or as two arrays of the same bytes.
  const twice = sorted.keys.find((key, index) => key === sorted.keys[index + 1]);
  if (twice !== undefined)
    throw new BencodeError({ code: 'DUPLICATE_KEY', path: [...pathTo(frames), twice] });
  return sorted;
}

function bytesToKey(name: unknown, frames: readonly EncodeFrame[]): string {
  if (name instanceof Uint8Array) return readLatin1(name, 0, name.length);
  const actual = `a Map with a key of type ${typeof name}`;
  throw new BencodeError({ code: 'UNSUPPORTED_TYPE', path: pathTo(frames), actual });
}

function sort({ keys, items }: Entries): Entries {
  const pairs = keys.map((key, index) => ({ key, item: items[index] }));
  // Units are bytes here, so comparing them as text compares them as bytes.
  pairs.sort((left, right) => (left.key < right.key ? -1 : Number(left.key > right.key)));
  return { keys: pairs.map(({ key }) => key), items: pairs.map(({ item }) => item) };
}
