import { encode, scanPrefix } from '@millrace/bencode';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editTorrent, type TorrentEdits } from './edit.ts';
import { parseMetainfo } from './parse.ts';
import { asBytes, asText } from './testing/sample.ts';

const HASH = 'x'.repeat(20);
const INFO = `d6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:${HASH}e`;
/** Keys out of order, one that is unknown, and an unknown one twice. */
const ODD_INFO = `d4:name1:a6:lengthi5e1:zi1e1:zi2e12:piece lengthi16384e6:pieces20:${HASH}1:?lee`;

function edit(torrent: string, edits: TorrentEdits): string {
  return asText(editTorrent(asBytes(torrent), edits));
}

describe('editTorrent', () => {
  it('changes nothing where it is told nothing', () => {
    const torrent = `d4:info${INFO}8:url-list1:w7:comment1:ce\n`;
    expect(edit(torrent, {})).toBe(torrent);
  });

  it.each<[what: string, before: string, edits: TorrentEdits, after: string]>([
    ['adds a tracker', `d4:info${INFO}e`, { tiers: [['u']] }, `d8:announce1:u4:info${INFO}e`],
    [
      'adds tiers',
      `d4:info${INFO}e`,
      { tiers: [['u'], [], ['v', 'w']] },
      `d8:announce1:u13:announce-listll1:uel1:v1:wee4:info${INFO}e`,
    ],
    [
      'replaces trackers where they are',
      `d13:announce-listll1:xee8:announce1:y4:info${INFO}e`,
      { tiers: [['u', 'v']] },
      `d13:announce-listll1:u1:vee8:announce1:u4:info${INFO}e`,
    ],
    [
      'leaves one tracker without a list',
      `d8:announce1:y13:announce-listll1:x1:yee4:info${INFO}e`,
      { tiers: [['x']] },
      `d8:announce1:x4:info${INFO}e`,
    ],
    [
      'takes all trackers away',
      `d8:announce1:y13:announce-listll1:x1:yee4:info${INFO}e`,
      { tiers: [] },
      `d4:info${INFO}e`,
    ],
    ['adds web seeds', `d4:info${INFO}e`, { webSeeds: ['w'] }, `d4:info${INFO}8:url-listl1:wee`],
    ['takes web seeds away', `d4:info${INFO}8:url-list1:we`, { webSeeds: [] }, `d4:info${INFO}e`],
    ['adds a comment', `d4:info${INFO}e`, { comment: 'é' }, `d7:comment2:\u00c3\u00a94:info${INFO}e`],
    [
      'replaces a comment in both spellings',
      `d7:comment1:x13:comment.utf-81:y4:info${INFO}e`,
      { comment: 'z' },
      `d7:comment1:z4:info${INFO}e`,
    ],
    ['takes a comment away', `d7:comment1:x4:info${INFO}e`, { comment: null }, `d4:info${INFO}e`],
    [
      'keeps unknown keys, their order and their bytes',
      `d1:zi1e7:azureusd1:bi1e1:ai2ee4:info${INFO}1:\u00ffle1:zi2ee`,
      { comment: 'c' },
      // Where keys are out of order, a new one comes before the first that is greater.
      `d7:comment1:c1:zi1e7:azureusd1:bi1e1:ai2ee4:info${INFO}1:\u00ffle1:zi2ee`,
    ],
    ['keeps what follows', `d4:info${INFO}e\r\n`, { comment: 'c' }, `d7:comment1:c4:info${INFO}e\r\n`],
    [
      'keeps an odd info dictionary',
      `d4:info${ODD_INFO}e`,
      { tiers: [['u']] },
      `d8:announce1:u4:info${ODD_INFO}e`,
    ],
  ])('%s', (_, before, edits, after) => {
    expect(edit(before, edits)).toBe(after);
    expect(parseMetainfo(asBytes(after)).infoHash).toEqual(parseMetainfo(asBytes(before)).infoHash);
  });

  it('changes what it is told, and keeps every other byte, of whatever torrent', () => {
    const anyText = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => text.trim() === text);
    const anyTiers = fc.array(fc.array(anyText, { minLength: 1, maxLength: 3 }), { maxLength: 3 });
    const anyEdits = fc.record(
      {
        tiers: anyTiers,
        webSeeds: fc.array(anyText, { maxLength: 3 }),
        comment: fc.option(anyText),
      },
      { requiredKeys: [] },
    );
    const anyKey = fc
      .uint8Array({ maxLength: 80 })
      .map((bytes) => String.fromCharCode(...bytes))
      .filter(
        (key) =>
          !/^(?:announce|announce-list|comment|comment\.utf-8|created by|creation date|httpseeds|info|nodes|url-list)$/u.test(
            key,
          ),
      );
    const anyValue = fc.oneof(fc.integer(), fc.uint8Array({ maxLength: 8 }), fc.constant([]));
    const anyOthers = fc.array(fc.tuple(anyKey, anyValue), { maxLength: 6 });
    const anyKnown = fc.record(
      { announce: anyText, 'announce-list': anyTiers, 'url-list': anyText, comment: anyText },
      { requiredKeys: [] },
    );
    const anyInfo = fc.constantFrom(INFO, ODD_INFO);
    fc.assert(
      fc.property(anyEdits, anyOthers, anyKnown, anyInfo, fc.nat(), (edits, others, known, info, seed) => {
        const entries = [
          ...others.map(([key, value]) => entry(key, encode(value))),
          ...Object.entries(known).map(([key, value]) => entry(key, encode(value))),
          entry('info', asBytes(info)),
        ];
        const shuffled = entries
          .map((bytes, at) => ({ bytes, rank: (seed * 31 + at * 17) % 13 }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ bytes }) => bytes);
        const torrent = asBytes(`d${shuffled.join('')}e`);
        const edited = editTorrent(torrent, edits);
        const before = parseMetainfo(torrent);
        const after = parseMetainfo(edited);
        expect(asText(after.infoBytes)).toBe(info);
        expect(after.infoHash).toEqual(before.infoHash);
        expect(after.tiers).toEqual(edits.tiers ?? before.tiers);
        expect(after.webSeeds).toEqual(edits.webSeeds ?? before.webSeeds);
        expect(after.comment).toEqual(
          edits.comment === undefined ? before.comment : (edits.comment ?? undefined),
        );
        // What is neither edited nor new is there in the same order.
        const kept = (text: string): string[] => entriesOf(text).filter((one) => isOther(one));
        expect(kept(asText(edited))).toEqual(kept(asText(torrent)));
        // The same once more changes nothing.
        expect(editTorrent(edited, edits)).toEqual(edited);
      }),
    );
  });

  it('leaves its input alone', () => {
    const torrent = asBytes(`d4:info${INFO}e`);
    const copy = torrent.slice();
    editTorrent(torrent, { comment: 'c' });
    expect(torrent).toEqual(copy);
  });

  it.each([[{ tiers: [['a\uFFFD']] }], [{ webSeeds: ['\ud800'] }], [{ comment: '\udc00' }]])(
    'refuses %j, which cannot be written as it was meant',
    (edits) => {
      expect(() => edit(`d4:info${INFO}e`, edits)).toThrow(RangeError);
    },
  );

  it.each([
    ['', 'NOT_BENCODE'],
    ['de', 'MISSING_FIELD'],
    [`d4:info${INFO}4:info${INFO}e`, 'DUPLICATE_KEY'],
    [`d4:info${INFO}7:comment1:a7:comment1:be`, 'DUPLICATE_KEY'],
  ])('refuses %j as parseMetainfo does', (torrent, code) => {
    expect(() => edit(torrent, { comment: 'c' })).toThrow(expect.objectContaining({ code }));
  });
});

function entry(key: string, value: Uint8Array): string {
  return `${key.length}:${key}${asText(value)}`;
}

/** The entries of a dictionary as they are encoded. */
function entriesOf(text: string): string[] {
  const entries: string[] = [];
  let rest = text.slice(1);
  while (!rest.startsWith('e')) {
    const key = lengthOf(rest);
    const length = key + lengthOf(rest.slice(key));
    entries.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return entries;
}

/** How long the value is that `text` starts with. */
function lengthOf(text: string): number {
  return scanPrefix(asBytes(text), { strict: false }).raw.length;
}

function isOther(encoded: string): boolean {
  return !/^\d+:(?:announce|announce-list|comment|comment\.utf-8|url-list)(?=\d|l)/u.test(encoded);
}
