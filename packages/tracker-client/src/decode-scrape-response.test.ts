import { encode, raw, type Encodable } from '@millrace/bencode';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeScrapeResponse } from './decode-scrape-response.ts';
import { TrackerError } from './error.ts';
import type { ScrapeResponse } from './scrape.ts';
import { asBytes } from './testing/bytes.ts';

const HASH = '\xff\0'.repeat(10);
const HEX = 'ff00'.repeat(10);
const COUNTS = { complete: 3, downloaded: 5, incomplete: 4 };
const ENTRY = { seeders: 3, leechers: 4, downloads: 5 };

function decodeFields(fields: Readonly<Record<string, Encodable>>): ScrapeResponse {
  return decodeScrapeResponse(encode(fields));
}

function withFile(file: Encodable, key: string = HASH): Encodable {
  return new Map([[key, file]]);
}

describe('decodeScrapeResponse()', () => {
  it('reads the counts of each torrent', () => {
    const other = '\x01'.repeat(20);
    const files = new Map<string, Encodable>([
      [HASH, COUNTS],
      [other, { complete: 0, name: 'x' }],
    ]);
    expect(decodeFields({ files, flags: { min_request_interval: 600 } })).toEqual({
      entries: new Map([
        [HEX, ENTRY],
        ['01'.repeat(20), { seeders: 0, leechers: 0, downloads: 0 }],
      ]),
      minIntervalMs: 600_000,
      issues: [],
    });
  });

  it.each<[string, Encodable]>([
    ['a key that is short', withFile(COUNTS, HASH.slice(1))],
    ['a key that is hex', withFile(COUNTS, HEX)],
    ['a number for a torrent', withFile(7)],
    ['a list for a torrent', withFile([COUNTS])],
    ['a count below zero', withFile({ ...COUNTS, complete: -1 })],
    ['a count that is text', withFile({ ...COUNTS, incomplete: '4' })],
    ['a count past every number', withFile({ ...COUNTS, downloaded: raw(asBytes('i9007199254740993e')) })],
  ])('drops %s', (_name, files) => {
    expect(decodeFields({ files })).toEqual({
      entries: new Map(),
      issues: [{ code: 'ENTRIES_DROPPED', count: 1 }],
    });
  });

  it.each<[string, Readonly<Record<string, Encodable>>, unknown]>([
    ['no files', {}, { code: 'MISSING_FIELD', field: 'files' }],
    ['files that are a list', { files: [] }, { code: 'INVALID_FIELD', field: 'files' }],
    ['flags that are text', { files: {}, flags: 'x' }, { code: 'INVALID_FIELD', field: 'flags' }],
    [
      'an interval of a second',
      { files: {}, flags: { min_request_interval: 1 } },
      { code: 'CLAMPED', field: 'min_request_interval' },
    ],
  ])('says that there are %s', (_name, fields, issue) => {
    expect(decodeFields(fields)).toMatchObject({ entries: new Map(), issues: [issue] });
  });

  it.each([
    ['d14:failure reason4:nonee', 'FAILURE'],
    ['<html>', 'MALFORMED'],
    ['le', 'MALFORMED'],
    ['', 'MALFORMED'],
    [`d5:files${'d1:a'.repeat(100)}`, 'MALFORMED'],
    [`d5:filesd20:${HASH}d8:completei1e`, 'MALFORMED'],
    [`d5:filesl${'0:'.repeat(20_000)}ee`, 'MALFORMED'],
  ])('refuses %j', (body, code) => {
    expect(() => decodeScrapeResponse(asBytes(body))).toThrow(expect.objectContaining({ code }));
  });

  it('leaves the passkey out of what a tracker says', () => {
    const tracker = 'http://t.example/0123456789abcdef/announce';
    const body = encode({ 'failure reason': 'no 0123456789abcdef here' });
    expect(() => decodeScrapeResponse(body, { tracker })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('0123456789abcdef') as unknown }),
    );
  });

  it('answers, or throws a TrackerError, whatever the bytes', () => {
    const valid = encode({ files: withFile(COUNTS), flags: { min_request_interval: 600 } });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => valid.with(at, byte)),
      fc.nat(valid.length).map((length) => valid.subarray(0, length)),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        try {
          for (const [key, entry] of decodeScrapeResponse(body).entries) {
            expect(key).toMatch(/^[\da-f]{40}$/);
            for (const count of Object.values(entry))
              expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
          }
        } catch (error) {
          if (!TrackerError.is(error)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
