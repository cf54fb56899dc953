import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { randomBytes } from '@millrace/interop/payload';

/** One file of the payload: its path below the payload's folder, '' if it is the payload itself. */
export interface PayloadFile {
  readonly path: string;
  readonly length: number;
}

const FILES_PER_FOLDER = 100;
/** The longest file is so many times as long as the shortest. */
const LENGTH_RANGE = 1024;
/** Multiples of it, without their whole part, are spread evenly over 0 to 1 and follow no order. */
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2;

/**
 * Divides `size` bytes over `count` files, as many of 1 to 2 KiB as of 100 to 200 KiB, in folders of a hundred; short
 * and long ones follow each other in no order, but always the same one. A single file is the payload itself.
 *
 * @throws {RangeError} if that leaves files without a byte.
 */
export function divide(size: number, count: number): readonly PayloadFile[] {
  if (count === 1) return [{ path: '', length: size }];
  if (size < count * LENGTH_RANGE) {
    throw new RangeError(
      `Cannot divide ${size} bytes over ${count} files: each needs ${LENGTH_RANGE} on average`,
    );
  }
  const weights = Array.from({ length: count }, (_, index) => LENGTH_RANGE ** ((index * GOLDEN_RATIO) % 1));
  const unit = size / weights.reduce((sum, weight) => sum + weight, 0);
  let weightBefore = 0;
  return weights.map((weight, index) => {
    // Differences of rounded sums: they add up to exactly `size`.
    const start = Math.round(weightBefore * unit);
    weightBefore += weight;
    const folder = `${Math.floor(index / FILES_PER_FOLDER)}`.padStart(4, '0');
    const name = `${index}`.padStart(6, '0');
    return { path: `${folder}/${name}.bin`, length: Math.round(weightBefore * unit) - start };
  });
}

/** Writes files of bytes that do not compress, always the same ones. */
export function writeFiles(root: string, files: readonly PayloadFile[]): void {
  for (const { path, length } of files) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    const file = openSync(target, 'w');
    for (const chunk of randomBytes(`bench/${path}`, length)) writeSync(file, chunk);
    closeSync(file);
  }
}
