import { BencodeError, type BencodeErrorDetail } from '../error.ts';
import type { BencodeValue } from '../value.ts';

/** Turns decoded values into typed ones, and refuses those that are not. Never throws anything but `BencodeError`. */
export interface Reader<T> {
  /**
   * Returns the typed value. `undefined` stands for a field that is missing.
   *
   * @throws {BencodeError} `WRONG_TYPE`, `OUT_OF_RANGE`, `NOT_UTF8` or `MISSING_FIELD`, with the path from here.
   */
  read(value: BencodeValue | undefined): T;
  /** Reads a missing field as `undefined`. */
  optional(): Reader<T | undefined>;
  /** Reads a missing field as `value`. */
  default(value: T): Reader<T>;
}

/** What a reader of type `R` returns. */
export type ReaderOutput<R> = R extends Reader<infer T> ? T : never;

/** Says that a value was refused; the reason is in the context. Unlike an exception it costs nothing. */
export const REFUSED: unique symbol = Symbol('refused');

/** Where reading has come to, and why the last value was refused. */
export class ReadContext {
  readonly path: (string | number)[] = [];
  failure: BencodeErrorDetail | undefined;

  refuse(failure: BencodeErrorDetail): typeof REFUSED {
    this.failure = failure;
    return REFUSED;
  }

  wrongType(value: BencodeValue | undefined, expected: string): typeof REFUSED {
    const path = [...this.path];
    if (value === undefined) return this.refuse({ code: 'MISSING_FIELD', path, expected });
    return this.refuse({ code: 'WRONG_TYPE', path, actual: nameOf(value), expected });
  }

  outOfRange(actual: string, expected: string): typeof REFUSED {
    return this.refuse({ code: 'OUT_OF_RANGE', path: [...this.path], actual, expected });
  }
}

type Check<T> = (value: BencodeValue | undefined, context: ReadContext) => T | typeof REFUSED;

/** The one implementation of {@link Reader}: a check, and how to say what it accepts. */
export class CheckedReader<T> implements Reader<T> {
  readonly check: Check<T>;

  constructor(check: Check<T>) {
    this.check = check;
  }

  read(value: BencodeValue | undefined): T {
    const context = new ReadContext();
    const result = this.check(value, context);
    if (result === REFUSED) throw new BencodeError(context.failure!);
    return result;
  }

  optional(): Reader<T | undefined> {
    return new CheckedReader<T | undefined>((value, context) =>
      value === undefined ? undefined : this.check(value, context),
    );
  }

  default(fallback: T): Reader<T> {
    return new CheckedReader((value, context) =>
      value === undefined ? fallback : this.check(value, context),
    );
  }
}

/**
 * Runs `reader` within the reading that is under way.
 *
 * @throws {TypeError} if the reader was not made by this package.
 */
export function checkWith<T>(
  reader: Reader<T>,
  value: BencodeValue | undefined,
  context: ReadContext,
): T | typeof REFUSED {
  if (isChecked(reader)) return reader.check(value, context);
  throw new TypeError(
    'Cannot read with a reader of another kind: it must come from @millrace/bencode/schema',
  );
}

function isChecked<T>(reader: Reader<T>): reader is CheckedReader<T> {
  return reader instanceof CheckedReader;
}

/** Names what a value is, for messages. */
function nameOf(value: BencodeValue): string {
  if (typeof value === 'number' || typeof value === 'bigint') return 'an integer';
  if (value instanceof Uint8Array) return 'a byte string';
  return value instanceof Map ? 'a dictionary' : 'a list';
}
