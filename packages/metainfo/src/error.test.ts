import { describe, expect, it } from 'vitest';
import { MetainfoError, type MetainfoErrorDetail } from './error.ts';

const HOSTILE = '\u001b[2J\u202e"\\\n';

const DETAILS: readonly MetainfoErrorDetail[] = [
  { code: 'NOT_BENCODE', field: '', reason: 'why', offset: 1 },
  { code: 'TRAILING_BYTES', field: '', count: 2 },
  { code: 'KEYS_NOT_SORTED', field: 'info', offset: 3 },
  { code: 'DUPLICATE_KEY', field: 'info', offset: 3 },
  { code: 'MISSING_FIELD', field: 'info' },
  { code: 'WRONG_TYPE', field: 'info', actual: 'a list', expected: 'a dictionary' },
  { code: 'INVALID_VALUE', field: 'info.private', value: HOSTILE, expected: '0 or 1' },
  { code: 'NOT_UTF8', field: HOSTILE },
  { code: 'CONFLICTING_FIELDS', field: 'info.files', other: 'info.length' },
  { code: 'INVALID_LENGTH', field: 'info.length', length: -1n, expected: 'more' },
  { code: 'INVALID_PIECE_LENGTH', field: 'info.piece length', pieceLength: 0, maxPieceLength: 9 },
  { code: 'PIECE_COUNT_MISMATCH', field: 'info.pieces', hashBytes: 1, pieceCount: 2 },
  { code: 'INVALID_PATH', field: 'info.name', component: HOSTILE },
  { code: 'PATH_TOO_DEEP', field: 'info.files[0].path', depth: 65, maxDepth: 64 },
  { code: 'DUPLICATE_PATH', field: 'info.files[1].path', path: [HOSTILE, 'x'.repeat(1000)] },
  { code: 'TOO_MANY_FILES', field: 'info.files', count: 2, maxCount: 1 },
  { code: 'TOO_MANY_PIECES', field: 'info.pieces', count: 2, maxCount: 1 },
  { code: 'TOO_LARGE', field: '', length: 2, maxBytes: 1 },
  { code: 'UNSUPPORTED_META_VERSION', field: 'info.meta version', version: 2 },
  { code: 'FILE_LENGTH_MISMATCH', field: 'info', actual: 1, expected: 2 },
  { code: 'FILE_CHANGED', field: 'info', path: HOSTILE },
  { code: 'FILE_UNREADABLE', field: 'info', path: HOSTILE, system: 'EIO' },
  { code: 'NAME_NOT_UTF8', field: '', path: HOSTILE },
  { code: 'NO_CONTENT', field: '', path: HOSTILE, found: 'there are no files' },
  { code: 'MAGNET_TOO_LONG', field: 'magnet', length: 2, maxLength: 1 },
  { code: 'TOO_MANY_PARAMETERS', field: 'magnet.tr', offset: 7, maxCount: 1 },
  { code: 'INVALID_MAGNET', field: 'magnet.xt', offset: 8, actual: HOSTILE, expected: 'a hash' },
  { code: 'INFO_HASH_MISMATCH', field: 'info', actual: 'a', expected: 'b' },
];

describe('MetainfoError', () => {
  it.each(DETAILS)('says $code in one short line that is safe to print', (detail) => {
    const error = new MetainfoError(detail);
    expect(error.message).toMatch(
      /^Cannot (?:read|create) (torrent|magnet link|")[ -~…]{1,300}, expected [ -~]+$/,
    );
    expect({ code: error.code, field: error.field, detail: error.detail }).toEqual({
      code: detail.code,
      field: detail.field,
      detail,
    });
  });

  it('is told from other errors, also where the package is there twice', () => {
    const error = new MetainfoError({ code: 'MISSING_FIELD', field: 'info' });
    expect(MetainfoError.is(error)).toBe(true);
    expect(MetainfoError.is({ [Symbol.for('@millrace/metainfo/MetainfoError')]: true })).toBe(true);
    for (const other of [new Error('MISSING_FIELD'), { code: 'MISSING_FIELD' }, null, undefined, 'text']) {
      expect(MetainfoError.is(other)).toBe(false);
    }
  });
});
