const BYTE_FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
};

const TIME_FACTORS: Readonly<Record<string, number>> = { ms: 1, '': 1000, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads a size as people type it and returns bytes: `64M` and `64MiB` count in 1024s, `64MB` in 1000s.
 *
 * @throws {RangeError} if `text` is not a size of at least one byte.
 */
export function parseSize(text: string): number {
  return parseQuantity(text, BYTE_FACTORS, 'a size such as 64M or 1.5GiB');
}

/**
 * Reads a time as people type it and returns milliseconds: `500ms`, `20s`, `2m`; a bare number is seconds.
 *
 * @throws {RangeError} if `text` is not a time of at least one millisecond.
 */
export function parseTime(text: string): number {
  return parseQuantity(text, TIME_FACTORS, 'a time such as 500ms, 20s or 2m');
}

/**
 * Reads a whole number within bounds, both included.
 *
 * @throws {RangeError} if it is not one.
 */
export function parseWhole(text: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d{1,16}$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`It must be a whole number ${bounds}`);
}

/** Reads a ratio such as `1`, `1.5` or `0`. @throws {RangeError} if `text` is none. */
export function parseRatio(text: string): number {
  if (/^\d{1,6}(?:\.\d{1,6})?$/u.test(text)) return Number(text);
  throw new RangeError('It must be a number such as 1 or 1.5');
}

function parseQuantity(text: string, factors: Readonly<Record<string, number>>, expected: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]*)$/iu.exec(text) ?? [];
  const factor = Object.hasOwn(factors, unit.toLowerCase()) ? factors[unit.toLowerCase()] : undefined;
  const value = Math.floor(digits === '' ? Number.NaN : Number(digits) * (factor ?? Number.NaN));
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`It must be ${expected}`);
}
