import { quote, quotePath } from './quote.ts';

/**
 * What is wrong with a torrent or a magnet link. `field` names where: `info.files[3].length`, or `''` for the file as a
 * whole; `magnet.xt`, or `magnet` for the link as a whole.
 */
export type MetainfoErrorDetail = { readonly field: string } & (
  | { readonly code: 'NOT_BENCODE'; readonly reason: string; readonly offset: number | undefined }
  | { readonly code: 'TRAILING_BYTES'; readonly count: number }
  | { readonly code: 'KEYS_NOT_SORTED' | 'DUPLICATE_KEY'; readonly offset: number }
  | { readonly code: 'MISSING_FIELD' }
  | { readonly code: 'WRONG_TYPE'; readonly actual: string; readonly expected: string }
  | { readonly code: 'INVALID_VALUE'; readonly value: string; readonly expected: string }
  | { readonly code: 'NOT_UTF8' }
  | { readonly code: 'CONFLICTING_FIELDS'; readonly other: string }
  | { readonly code: 'INVALID_LENGTH'; readonly length: number | bigint; readonly expected: string }
  | {
      readonly code: 'INVALID_PIECE_LENGTH';
      readonly pieceLength: number | bigint;
      readonly maxPieceLength: number;
    }
  | { readonly code: 'PIECE_COUNT_MISMATCH'; readonly hashBytes: number; readonly pieceCount: number }
  | { readonly code: 'INVALID_PATH'; readonly component: string }
  | { readonly code: 'PATH_TOO_DEEP'; readonly depth: number; readonly maxDepth: number }
  | { readonly code: 'DUPLICATE_PATH'; readonly path: readonly string[] }
  | { readonly code: 'TOO_MANY_FILES' | 'TOO_MANY_PIECES'; readonly count: number; readonly maxCount: number }
  | { readonly code: 'TOO_LARGE'; readonly length: number; readonly maxBytes: number }
  | { readonly code: 'UNSUPPORTED_META_VERSION'; readonly version: number }
  | { readonly code: 'FILE_LENGTH_MISMATCH'; readonly actual: number; readonly expected: number }
  /** `path` is that of the file on disk, here and below. */
  | { readonly code: 'FILE_CHANGED'; readonly path: string }
  | { readonly code: 'FILE_UNREADABLE'; readonly path: string; readonly system: string }
  | { readonly code: 'NAME_NOT_UTF8'; readonly path: string }
  /** There is nothing to make a torrent of. */
  | { readonly code: 'NO_CONTENT'; readonly path: string; readonly found: string }
  | { readonly code: 'MAGNET_TOO_LONG'; readonly length: number; readonly maxLength: number }
  | { readonly code: 'TOO_MANY_PARAMETERS'; readonly offset: number; readonly maxCount: number }
  | {
      readonly code: 'INVALID_MAGNET';
      /** Where it is, in UTF-16 units from the start of the link. */
      readonly offset: number;
      readonly actual: string;
      readonly expected: string;
    }
  | { readonly code: 'INFO_HASH_MISMATCH'; readonly actual: string; readonly expected: string }
);

export type MetainfoErrorCode = MetainfoErrorDetail['code'];

const BRAND = Symbol.for('@millrace/metainfo/MetainfoError');

/** A torrent or magnet link that cannot be read or made, or whose paths cannot be used. */
export class MetainfoError extends Error {
  override readonly name = 'MetainfoError';
  readonly detail: MetainfoErrorDetail;
  readonly code: MetainfoErrorCode;
  readonly field: string;

  constructor(detail: MetainfoErrorDetail, options?: ErrorOptions) {
    super(describe(detail), options);
    this.detail = detail;
    this.code = detail.code;
    this.field = detail.field;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Tells whether `error` is a `MetainfoError`, also one of another copy of this package. */
  static is(error: unknown): error is MetainfoError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }
}

/** Says in words what is wrong. */
export function describe(detail: MetainfoErrorDetail): string {
  return `Cannot ${attempt(detail)}: ${problem(detail)}`;
}

function attempt(detail: MetainfoErrorDetail): string {
  const { code } = detail;
  if (code === 'FILE_CHANGED' || code === 'FILE_UNREADABLE') return `read ${quotePath(detail.path)}`;
  if (code === 'NAME_NOT_UTF8' || code === 'NO_CONTENT') return `create torrent of ${quotePath(detail.path)}`;
  return `${code === 'FILE_LENGTH_MISMATCH' ? 'create' : 'read'} ${subject(detail.field)}`;
}

function subject(field: string): string {
  if (field === '') return 'torrent';
  if (field === 'magnet') return 'magnet link';
  if (field.startsWith('magnet.')) return `magnet link parameter ${quote(field.slice('magnet.'.length))}`;
  return `torrent field ${quote(field)}`;
}

function problem(detail: MetainfoErrorDetail): string {
  switch (detail.code) {
    case 'NOT_BENCODE':
      return `it is not bencode (${detail.reason}), expected one bencoded dictionary`;
    case 'TRAILING_BYTES':
      return `${detail.count} bytes follow its end, expected none`;
    case 'KEYS_NOT_SORTED':
      return `keys are out of order at offset ${detail.offset}, expected them sorted`;
    case 'DUPLICATE_KEY':
      return `the key appears again at offset ${detail.offset}, expected it once`;
    case 'MISSING_FIELD':
      return 'it is missing, expected it to be there';
    case 'WRONG_TYPE':
      return `it is ${detail.actual}, expected ${detail.expected}`;
    case 'INVALID_VALUE':
      return `it is ${quote(detail.value)}, expected ${detail.expected}`;
    case 'NOT_UTF8':
      return 'some of its bytes are not UTF-8, expected text';
    case 'CONFLICTING_FIELDS':
      return `${quote(detail.other)} is there too, expected only one of them`;
    case 'INVALID_LENGTH':
      return `length is ${detail.length}, expected ${detail.expected}`;
    case 'INVALID_PIECE_LENGTH':
      return `it is ${detail.pieceLength}, expected 1 to ${detail.maxPieceLength}`;
    case 'PIECE_COUNT_MISMATCH':
      return `hashes are ${detail.hashBytes} bytes, expected 20 for each of ${detail.pieceCount} pieces`;
    case 'INVALID_PATH':
      return `${quote(detail.component)} is no safe file name, expected one that can be used as it is`;
    case 'PATH_TOO_DEEP':
      return `path has ${detail.depth} components, expected at most ${detail.maxDepth}`;
    case 'DUPLICATE_PATH':
      return `${quote(detail.path.join('/'))} names what another path names, expected distinct paths`;
    case 'TOO_MANY_FILES':
      return `there are ${detail.count} files, expected at most ${detail.maxCount}`;
    case 'TOO_MANY_PIECES':
      return `there are ${detail.count} pieces, expected at most ${detail.maxCount}`;
    case 'TOO_LARGE':
      return `it is ${detail.length} bytes, expected at most ${detail.maxBytes}`;
    case 'UNSUPPORTED_META_VERSION':
      return `meta version is ${detail.version}, expected a torrent that has version 1 pieces`;
    case 'FILE_LENGTH_MISMATCH':
      return `the file gave ${detail.actual} bytes, expected ${detail.expected}`;
    case 'FILE_CHANGED':
      return 'it changed meanwhile, expected it to stay as it is';
    case 'FILE_UNREADABLE':
      return `${isDenied(detail.system) ? 'permission is denied' : `the system answered ${detail.system}`}, expected a file that can be read`;
    case 'NAME_NOT_UTF8':
      return 'the name is not UTF-8, expected text';
    case 'NO_CONTENT':
      return `${detail.found}, expected at least one byte`;
    case 'MAGNET_TOO_LONG':
      return `it has ${detail.length} characters, expected at most ${detail.maxLength}`;
    case 'TOO_MANY_PARAMETERS':
      return `there are more at offset ${detail.offset}, expected at most ${detail.maxCount}`;
    case 'INVALID_MAGNET':
      return `at offset ${detail.offset} it is ${quote(detail.actual)}, expected ${detail.expected}`;
    case 'INFO_HASH_MISMATCH':
      return `info hash is ${detail.actual}, expected ${detail.expected}`;
    default:
      return detail satisfies never;
  }
}

function isDenied(system: string): boolean {
  return system === 'EACCES' || system === 'EPERM';
}
