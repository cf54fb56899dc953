import type { Encodable } from '@millrace/bencode';
import { encode } from '@millrace/bencode';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetainfoError } from './error.ts';
import { toLocalPaths } from './local-paths.ts';
import type { Metainfo } from './metainfo.ts';
import { parseInfo, parseMetainfo } from './parse.ts';
import { sha1 } from './sha1.ts';
import { unsafeParts } from './testing/check-paths.ts';
import { fullTorrent, MULTI_INFO, SINGLE_INFO } from './testing/sample.ts';

/** A value of each type, and those at the edges of it. */
const NUMBERS: readonly Encodable[] = [0, 1, -1, 2 ** 31, 2n ** 63n, -(2n ** 63n)];
const STRINGS: readonly Encodable[] = ['', 'text', '..', new Uint8Array(20), Uint8Array.of(0xff, 0x00)];
const LISTS: readonly Encodable[] = [[], [1], ['a'], [[]], [[['a']]], [{}]];
const DICTS: readonly Encodable[] = [{}, { length: 1 }, { a: { b: [] } }];
const REPLACEMENTS: readonly Encodable[] = [...NUMBERS, ...STRINGS, ...LISTS, ...DICTS];

const FULL = {
  announce: 'http://a.test/',
  'announce-list': [['http://a.test/', 'http://b.test/'], ['udp://c.test:1']],
  comment: 'comment',
  'comment.utf-8': 'comment',
  'created by': 'maker',
  'creation date': 1,
  httpseeds: ['http://s.test/'],
  nodes: [['a.test', 1]],
  'url-list': ['http://w.test/'],
};
const INFO_EXTRAS = { attr: 'x', 'meta version': 1, 'name.utf-8': 'name', private: 1, source: 'source' };
const FILE = { attr: 'l', length: 7, path: ['a', 'b'], 'path.utf-8': ['a', 'b'], 'symlink path': ['c'] };

const SAMPLES: readonly [title: string, torrent: Encodable][] = [
  ['one file', { ...FULL, info: { ...SINGLE_INFO, ...INFO_EXTRAS } }],
  [
    'many files',
    { ...FULL, info: { ...MULTI_INFO, ...INFO_EXTRAS, files: [FILE, { length: 0, path: ['c'] }] } },
  ],
];

describe('parseMetainfo', () => {
  it.each(SAMPLES)('reads or refuses %s with any value replaced by any type', (_, sample) => {
    let refused = 0;
    let accepted = 0;
    for (const torrent of mutations(sample)) {
      if (isReadOrRefused(encode(torrent))) accepted += 1;
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(100);
    expect(accepted).toBeGreaterThan(100);
  });

  it.each([
    ['one file', fullTorrent(SINGLE_INFO)],
    ['many files', fullTorrent(MULTI_INFO)],
  ])('reads or refuses %s with any bytes changed', (_, sample) => {
    const change = fc.tuple(
      fc.nat({ max: sample.length - 1 }),
      fc.oneof(
        fc.nat({ max: 255 }),
        fc.constantFrom(...'0123456789:deil-'.split('').map((character) => character.charCodeAt(0))),
      ),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Uint8Array.from(sample);
        for (const [offset, byte] of changes) bytes[offset] = byte;
        expect(isReadOrRefused(bytes)).toBeTypeOf('boolean');
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(isReadOrRefused(bytes)).toBe(false);
      }),
    );
  });
});

/** Checks what must hold of whatever is read; anything thrown but a `MetainfoError` fails the test. */
function isReadOrRefused(bytes: Uint8Array): boolean {
  let metainfo: Metainfo;
  try {
    metainfo = parseMetainfo(bytes);
  } catch (error) {
    if (!MetainfoError.is(error)) throw error;
    return false;
  }
  const { infoHash, infoBytes, layout, files, pieceHashes, isSingleFile } = metainfo;
  expect(infoHash).toEqual(sha1(infoBytes));
  expect(parseInfo(infoBytes, infoHash).infoHash).toEqual(infoHash);
  expect(pieceHashes).toHaveLength(layout.pieceCount * 20);
  expect(files.reduce((sum, file) => sum + file.length, 0)).toBe(layout.totalLength);
  expect(unsafeParts(toLocalPaths(metainfo), 'posix', { isSingleFile })).toEqual([]);
  return true;
}

/** Yields the value with each part of it, and itself, replaced by each replacement. */
function* mutations(value: Encodable): Generator<Encodable> {
  yield* REPLACEMENTS;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const mutation of mutations(item)) yield value.with(index, mutation);
      yield value.toSpliced(index, 1);
    }
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) {
      for (const mutation of mutations(item)) yield { ...value, [key]: mutation };
      yield { ...value, [key]: undefined };
    }
  }
}

function isRecord(value: Encodable): value is { readonly [key: string]: Encodable } {
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
}
