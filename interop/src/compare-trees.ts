import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const CHUNK_LENGTH = 1024 * 1024;

/**
 * Compares two files, or two folders with everything below them, byte by byte.
 *
 * @returns What differs, one line each; empty if nothing does.
 */
export async function compareTrees(expected: string, actual: string): Promise<readonly string[]> {
  const [expectedFiles, actualFiles] = await Promise.all([listFiles(expected), listFiles(actual)]);
  const differences: string[] = [];
  for (const path of actualFiles) if (!expectedFiles.has(path)) differences.push(`${path}: not expected`);
  for (const path of expectedFiles) {
    if (!actualFiles.has(path)) differences.push(`${path}: missing`);
    else differences.push(...(await compareFiles(path, join(expected, path), join(actual, path))));
  }
  return differences;
}

/** @returns The paths of all files below `root`; only '' if it is a file itself; none if there is nothing. */
async function listFiles(root: string): Promise<Set<string>> {
  const found = await stat(root).catch(() => undefined);
  if (found === undefined) return new Set();
  if (found.isFile()) return new Set(['']);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return new Set(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
}

async function compareFiles(path: string, expected: string, actual: string): Promise<readonly string[]> {
  await using left = await open(expected);
  await using right = await open(actual);
  const [{ size }, { size: actualSize }] = await Promise.all([left.stat(), right.stat()]);
  if (size !== actualSize) return [`${path}: ${actualSize} bytes, expected ${size}`];
  for (let offset = 0; offset < size; offset += CHUNK_LENGTH) {
    const [a, b] = await Promise.all([readAt(left, offset), readAt(right, offset)]);
    if (Buffer.compare(a, b) !== 0)
      return [`${path}: differs between byte ${offset} and ${offset + a.length}`];
  }
  return [];
}

async function readAt(file: FileHandle, offset: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(CHUNK_LENGTH), 0, CHUNK_LENGTH, offset);
  return buffer.subarray(0, bytesRead);
}
