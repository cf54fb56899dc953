const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/**
 * Parses a size such as `256KiB`, `1GiB` or `1000` (bytes).
 *
 * @throws {RangeError} if it is none.
 */
export function parseSize(text: string): number {
  const [, digits, unit = ''] = /^(\d+) ?(KiB|MiB|GiB)?$/u.exec(text) ?? [];
  const size = Number(digits) * (UNITS[unit] ?? 1);
  if (!Number.isSafeInteger(size) || size === 0) {
    throw new RangeError(`Cannot use ${JSON.stringify(text)} as a size: write it as 256KiB, 64MiB or 1GiB`);
  }
  return size;
}

/** Parses a rate such as `25MB/s` to bytes a second. @throws {RangeError} if it is none. */
export function parseRate(text: string): number {
  const [, digits = ''] = /^(\d+(?:\.\d+)?) ?MB\/s$/u.exec(text) ?? [];
  const rate = Number(digits) * 1e6;
  if (rate > 0) return rate;
  throw new RangeError(`Cannot use ${JSON.stringify(text)} as a rate: write it as 25MB/s`);
}

export function formatMebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
