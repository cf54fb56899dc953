import { escapeText, formatPath } from './format-path.ts';
import type { BencodePath } from './value.ts';

/** Where in the input, in bytes from its start, and where in the tree. */
interface At {
  readonly offset: number;
  readonly path: BencodePath;
}

/** Where in the tree, for values that have no encoded form yet or any more. */
interface In {
  readonly path: BencodePath;
}

/** What went wrong, keyed by `code`. Codes with an `offset` come from decoding. */
export type BencodeErrorDetail =
  | ({
      readonly code: 'UNEXPECTED_END';
      /** bytes known to be lacking, at least 1 */ readonly missing: number;
    } & At)
  | ({
      readonly code: 'UNEXPECTED_BYTE' | 'INVALID_INTEGER';
      readonly byte: number;
      readonly expected: string;
    } & At)
  | ({ readonly code: 'TRAILING_BYTES'; readonly count: number } & At)
  | ({ readonly code: 'LEADING_ZERO' | 'NEGATIVE_ZERO' | 'INVALID_LENGTH' | 'KEYS_NOT_SORTED' } & At)
  | ({ readonly code: 'DEPTH_LIMIT' | 'ITEM_LIMIT'; readonly limit: number } & At)
  | ({ readonly code: 'DUPLICATE_KEY'; readonly offset?: number } & In)
  | ({ readonly code: 'INTEGER_OUT_OF_RANGE'; readonly offset?: number; readonly expected: string } & In)
  | ({ readonly code: 'UNSUPPORTED_TYPE'; readonly actual: string } & In)
  | ({ readonly code: 'NOT_AN_INTEGER'; readonly actual: number } & In)
  | ({ readonly code: 'NOT_UTF8' | 'INVALID_KEY' } & In)
  | ({
      readonly code: 'WRONG_TYPE' | 'OUT_OF_RANGE';
      readonly actual: string;
      readonly expected: string;
    } & In)
  | ({ readonly code: 'MISSING_FIELD'; readonly expected: string } & In);

const brand = Symbol.for('@millrace/bencode.error');

/** Says why bytes are not the bencode asked for, or why a value has no bencoded form. */
export class BencodeError extends Error {
  override readonly name = 'BencodeError';
  readonly detail: BencodeErrorDetail;

  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  constructor(detail: BencodeErrorDetail, options?: ErrorOptions) {
    super(describe(detail), options);
    this.detail = detail;
  }

  /** Tells whether `error` is a `BencodeError`, also one of another installed copy of this package. */
  static is(error: unknown): error is BencodeError {
    return typeof error === 'object' && error !== null && brand in error;
  }

  get code(): BencodeErrorDetail['code'] {
    return this.detail.code;
  }

  /** Byte offset in the decoded input; `undefined` if the error is not about one. */
  get offset(): number | undefined {
    return 'offset' in this.detail ? this.detail.offset : undefined;
  }

  get path(): BencodePath {
    return this.detail.path;
  }
}

function describe(detail: BencodeErrorDetail): string {
  switch (detail.code) {
    case 'UNEXPECTED_END':
      return `${decoding(detail)}: the input ends here, expected at least ${detail.missing} more byte(s)`;
    case 'UNEXPECTED_BYTE':
    case 'INVALID_INTEGER':
      return `${decoding(detail)}: found "${escapeText(String.fromCharCode(detail.byte))}", expected ${detail.expected}`;
    case 'TRAILING_BYTES':
      return `${decoding(detail)}: ${detail.count} byte(s) follow the value, expected none`;
    case 'LEADING_ZERO':
      return `${decoding(detail)}: the number starts with a zero, expected no leading zeros`;
    case 'NEGATIVE_ZERO':
      return `${decoding(detail)}: the integer is -0, expected 0`;
    case 'INVALID_LENGTH':
      return `${decoding(detail)}: the length is negative, expected 0 or more`;
    case 'KEYS_NOT_SORTED':
      return `${decoding(detail)}: the key sorts before the one it follows, expected keys in byte order`;
    case 'DEPTH_LIMIT':
      return `${decoding(detail)}: nested deeper than the limit, expected at most ${detail.limit} levels`;
    case 'ITEM_LIMIT':
      return `${decoding(detail)}: more items than the limit, expected at most ${detail.limit}`;
    case 'DUPLICATE_KEY':
      return `${subject(detail)}: the key occurs twice, expected it once`;
    case 'INTEGER_OUT_OF_RANGE':
      return `${subject(detail)}: the integer is out of range, expected ${detail.expected}`;
    case 'UNSUPPORTED_TYPE':
      return `${encoding(detail)}: it is ${detail.actual}, expected an integer, text, bytes, an array, a Map or a plain object`;
    case 'NOT_AN_INTEGER':
      return `${encoding(detail)}: it is ${detail.actual}, expected an integer`;
    case 'NOT_UTF8':
      return `Cannot convert ${formatPath(detail.path)}: it is not well-formed text, expected valid UTF-8`;
    case 'INVALID_KEY':
      return `${encoding(detail)}: a key has units past U+00FF, expected one unit per byte (see textToKey)`;
    case 'WRONG_TYPE':
    case 'OUT_OF_RANGE':
      return `Cannot read ${formatPath(detail.path)}: it is ${detail.actual}, expected ${detail.expected}`;
    case 'MISSING_FIELD':
      return `Cannot read ${formatPath(detail.path)}: it is missing, expected ${detail.expected}`;
  }
}

function decoding({ offset, path }: At): string {
  return `Cannot decode ${formatPath(path)} at byte ${offset}`;
}

function encoding({ path }: In): string {
  return `Cannot encode ${formatPath(path)}`;
}

function subject({ offset, path }: In & { readonly offset?: number }): string {
  return offset === undefined ? encoding({ path }) : decoding({ offset, path });
}
