import type { Cursor } from './cursor.ts';

/** Where the values of a file's dictionary start, or -1 for those it has not. */
export interface FileEntry {
  attr: number;
  length: number;
  path: number;
  'path.utf-8': number;
  'symlink path': number;
}

const KEYS = (['attr', 'length', 'path', 'path.utf-8', 'symlink path'] as const).map(
  (key) => [key, new TextEncoder().encode(key)] as const,
);

/** Steps over a file's dictionary, and fills `entry` with where its values are. */
export function readFileEntry(cursor: Cursor, entry: FileEntry): void {
  for (const [key] of KEYS) entry[key] = -1;
  cursor.step();
  while (cursor.kind !== undefined) {
    const start = cursor.skipBytes();
    for (const [key, bytes] of KEYS) {
      if (bytes.length === cursor.offset - start && isAt(bytes, cursor.bytes, start))
        entry[key] = cursor.offset;
    }
    cursor.skip();
  }
  cursor.step();
}

function isAt(expected: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < expected.length; index += 1) {
    if (expected[index] !== bytes[offset + index]) return false;
  }
  return true;
}
