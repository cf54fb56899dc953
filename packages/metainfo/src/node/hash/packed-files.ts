import type { HashedFile } from './hash-job.ts';

/** Files as they are given to another thread: to pass on that many objects takes several times as long. */
export interface PackedFiles {
  /** All locations with NUL between, which no path has; empty where there is none. */
  readonly locations: string;
  /** Four for each file: its length, then what was seen of it. On memory that threads share. */
  readonly numbers: Float64Array;
}

const NUMBERS_PER_FILE = 4;

export function packFiles(files: readonly HashedFile[]): PackedFiles {
  const numbers = new Float64Array(new SharedArrayBuffer(8 * NUMBERS_PER_FILE * files.length));
  for (const [index, { length, seen }] of files.entries()) {
    const at = index * NUMBERS_PER_FILE;
    numbers[at] = length;
    if (seen === undefined) continue;
    numbers[at + 1] = seen.size;
    numbers[at + 2] = seen.modifiedMs;
    numbers[at + 3] = seen.inode;
  }
  return { locations: files.map(({ location }) => location ?? '').join('\0'), numbers };
}

export function unpackFiles({ locations, numbers }: PackedFiles): readonly HashedFile[] {
  return locations.split('\0').map((location, index) => {
    const at = index * NUMBERS_PER_FILE;
    const [length = 0, size = 0, modifiedMs = 0, inode = 0] = numbers.subarray(at, at + NUMBERS_PER_FILE);
    return location === '' ? { length } : { length, location, seen: { size, modifiedMs, inode } };
  });
}
