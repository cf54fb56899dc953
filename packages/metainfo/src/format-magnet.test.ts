import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetainfoError } from './error.ts';
import { formatMagnet } from './format-magnet.ts';
import { infoHash } from './info-hash.ts';
import type { Magnet } from './magnet.ts';
import { parseMagnet } from './parse-magnet.ts';

const HASH = infoHash(new Uint8Array(20).fill(0xab));
const LINK = `magnet:?xt=urn:btih:${'ab'.repeat(20)}`;

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const texts = fc.uniqueArray(text, { maxLength: 4 });
const peer = fc
  .tuple(
    fc.oneof(fc.ipV4(), fc.domain(), fc.constantFrom('::1', '2001:db8::7', '::ffff:192.0.2.7')),
    fc.integer({ min: 1, max: 65_535 }),
  )
  .map(([name, port]) => {
    const host = name.toLowerCase();
    return { text: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, host, port };
  });
const range = fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()).map(([one, other]) => ({
  first: Math.min(one, other),
  last: Math.max(one, other),
}));
const other = fc.record({
  key: fc.constantFrom('kt', 'x.unknown', 'tr.x', 'mt', 'TR2'),
  value: text.map((value) => encodeURIComponent(value)),
});

const LISTS = ['trackers', 'webSeeds', 'exactSources', 'acceptableSources', 'peers', 'others'] as const;

const magnets: fc.Arbitrary<Magnet> = fc.record(
  {
    version: fc.constant('v1' as const),
    infoHash: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => infoHash(bytes)),
    multihash: fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((hash) => Uint8Array.of(0x12, hash.length, ...hash)),
    name: text,
    length: fc.maxSafeNat(),
    trackers: texts,
    webSeeds: texts,
    exactSources: texts,
    acceptableSources: texts,
    peers: fc.uniqueArray(peer, { maxLength: 4, selector: (one) => one.text }),
    selection: fc.array(range, { minLength: 1, maxLength: 4 }),
    others: fc.array(other, { maxLength: 4 }),
    issues: fc.constant([]),
  },
  { requiredKeys: ['version', 'infoHash', 'issues', ...LISTS] },
);

const parts = fc.constantFrom(
  ...'&|=|%|+| |?|;|.|,|-|:|[|]|1|41|ff|\0|\u00e9|\ud800'.split('|'),
  ...'xt|dn|xl|tr|ws|xs|as|x.pe|so|kt|amp;|urn:btih:|urn:sha1:|a:80'.split('|'),
);

describe('formatMagnet', () => {
  it('writes what parseMagnet reads back, without issues', () => {
    fc.assert(
      fc.property(magnets, (magnet) => {
        expect(parseMagnet(formatMagnet(magnet), { strict: true })).toEqual(magnet);
      }),
    );
  });

  it('gives back whatever parseMagnet made of any link', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), (query) => {
        let magnet: Magnet;
        try {
          magnet = parseMagnet(`${LINK}&${query.join('')}`);
        } catch (error) {
          expect(MetainfoError.is(error)).toBe(true);
          return;
        }
        expect(parseMagnet(formatMagnet(magnet), { strict: true })).toEqual({ ...magnet, issues: [] });
      }),
      { numRuns: 2000 },
    );
  });

  it('writes an info hash alone, and leaves out what is empty', () => {
    expect(formatMagnet({ infoHash: HASH })).toBe(LINK);
    expect(formatMagnet({ infoHash: HASH, name: '', trackers: [''], selection: [] })).toBe(LINK);
  });

  it('writes a link that other clients read', () => {
    const link = formatMagnet({
      infoHash: HASH,
      name: 'C++ & more',
      trackers: ['http://t.example/?a=b&c=d'],
      peers: [{ host: '2001:db8::7', port: 6881 }],
      selection: [
        { first: 0, last: 0 },
        { first: 6, last: 8 },
      ],
      others: [{ key: 'kt', value: 'a+b' }],
    });
    expect(link).toBe(
      `${LINK}&dn=C%2B%2B%20%26%20more&tr=http%3A%2F%2Ft.example%2F%3Fa%3Db%26c%3Dd` +
        '&x.pe=[2001:db8::7]:6881&so=0,6-8&kt=a+b',
    );
  });

  it('replaces half a surrogate pair, which no link can hold', () => {
    expect(formatMagnet({ infoHash: HASH, name: '\ud800' })).toBe(`${LINK}&dn=%EF%BF%BD`);
  });

  it.each([
    ['a port', { peers: [{ host: 'a', port: 0 }] }],
    ['a host', { peers: [{ host: 'a&tr=b', port: 1 }] }],
    ['a range', { selection: [{ first: 2, last: 1 }] }],
    ['a length', { length: -1 }],
    ['a multihash', { multihash: Uint8Array.of(0x12, 0x20, 1) }],
    ['a key that is known', { others: [{ key: 'TR.1', value: 'a' }] }],
    ['a second info hash', { others: [{ key: 'xt', value: `urn%3Abtih:${'0'.repeat(40)}` }] }],
    ['a key that is empty', { others: [{ key: '', value: 'a' }] }],
    ['a key with a separator', { others: [{ key: 'a=b', value: 'a' }] }],
    ['a value with a separator', { others: [{ key: 'a', value: 'a&tr=b' }] }],
    ['a value with white space', { others: [{ key: 'a', value: 'a\n' }] }],
  ])('refuses %s that cannot stand in a link', (_, part) => {
    expect(() => formatMagnet({ infoHash: HASH, ...part })).toThrow(RangeError);
  });
});
