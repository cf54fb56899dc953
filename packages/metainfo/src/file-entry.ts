import type { Cursor } from './cursor.ts';

/** Where the values of a file's dictionary start, or -1 for those it has not. */
export interface FileEntry {
  attr: number;
  length: number;
  path: number;
  'path.utf-8': number;
  'symlink path': number;
}

const KEYS = (['attr', 'length', 'path', 'path.utf-8', 'symlink path'] as const).map((key) => ({
  key,
  bytes: new TextEncoder().encode(key),
}));

/** Steps over a file's dictionary, and fills `entry` with where its values are. */
export function readFileEntry(cursor: Cursor, entry: FileEntry): void {
  entry.attr = -1;
  entry.length = -1;
  entry.path = -1;
  entry['path.utf-8'] = -1;
  entry['symlink path'] = -1;
  cursor.step();
  while (cursor.kind !== undefined) {
    const start = cursor.skipBytes();
    const key = keyAt(cursor.bytes, start, cursor.offset - start);
    if (key !== undefined) entry[key] = cursor.offset;
    cursor.skip();
  }
  cursor.step();
}

/** By index: an iterator for each key of each of a million files would be the most of what reading them takes. */
function keyAt(bytes: Uint8Array, offset: number, length: number): keyof FileEntry | undefined {
  for (let index = 0; index < KEYS.length; index += 1) {
    const known = KEYS[index];
    if (known?.bytes.length === length && isAt(known.bytes, bytes, offset)) return known.key;
  }
  return undefined;
}

function isAt(expected: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    if (expected[index] !== bytes[offset + index]) return false;
  }
  return true;
}
