import type { BencodeErrorDetail } from './error.ts';
import type { BencodePath } from './value.ts';

/** A departure from the canonical form that `strict: false` let pass. */
export interface BencodeIssue {
  readonly code: Extract<
    BencodeErrorDetail['code'],
    'LEADING_ZERO' | 'NEGATIVE_ZERO' | 'KEYS_NOT_SORTED' | 'DUPLICATE_KEY'
  >;
  /** Where the key or number starts, in bytes from the start of the input. */
  readonly offset: number;
  readonly path: BencodePath;
}

export interface DecodeOptions {
  /**
   * Accepts only the canonical form. `false` also accepts unsorted keys, duplicate keys (the first is kept),
   * leading zeros and -0, and tells `onIssue` of each. @defaultValue true
   */
  readonly strict?: boolean;
  /**
   * `'auto'`: `number` up to 2^53 - 1, `bigint` past it. `'number'`: larger ones are refused. `'bigint'`: always
   * `bigint`. Integers of more than 19 digits are refused in any case. @defaultValue 'auto'
   */
  readonly integers?: 'auto' | 'number' | 'bigint';
  /** Lists and dictionaries that may be nested in each other. @defaultValue 64 */
  readonly maxDepth?: number;
  /** Values and keys that the input may hold. @defaultValue a quarter of its bytes, but at least 1_000_000 */
  readonly maxItems?: number;
  /** Hears of each departure that `strict: false` lets pass, in the order of the input. */
  readonly onIssue?: (issue: BencodeIssue) => void;
}

/** Options with their defaults, as the parser wants them. */
export interface Limits {
  readonly strict: boolean;
  readonly integers: 'auto' | 'number' | 'bigint';
  readonly maxDepth: number;
  readonly maxItems: number;
  readonly onIssue: ((issue: BencodeIssue) => void) | undefined;
}

const DEFAULT_MAX_DEPTH = 64;
/** Grows with the input so that torrents of hundreds of thousands of files load. */
const DEFAULT_MAX_ITEMS = 1_000_000;

/**
 * @throws {TypeError} if `input` is not a `Uint8Array` or `integers` is unknown.
 * @throws {RangeError} if a limit is not a whole number of at least 0.
 */
export function resolveLimits(input: Uint8Array, options: DecodeOptions): Limits {
  if (!(input instanceof Uint8Array))
    throw new TypeError(`Cannot decode ${typeof input}: it must be a Uint8Array`);
  const limits = {
    strict: options.strict ?? true,
    integers: options.integers ?? 'auto',
    maxDepth: options.maxDepth ?? DEFAULT_MAX_DEPTH,
    maxItems: options.maxItems ?? Math.max(DEFAULT_MAX_ITEMS, Math.floor(input.length / 4)),
    onIssue: options.onIssue,
  };
  checkLimit('maxDepth', limits.maxDepth);
  checkLimit('maxItems', limits.maxItems);
  if (limits.integers !== 'auto' && limits.integers !== 'number' && limits.integers !== 'bigint') {
    throw new TypeError(
      `Cannot decode integers as ${String(limits.integers)}: it must be auto, number or bigint`,
    );
  }
  return limits;
}

function checkLimit(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot decode with ${name} ${value}: it must be a whole number of at least 0`);
  }
}
