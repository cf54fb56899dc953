import { encode } from '@millrace/bencode';
import { describe, expect, it } from 'vitest';
import { MetainfoError } from './error.ts';
import { formatInfoHash, infoHash } from './info-hash.ts';
import { parseInfo, parseMetainfo } from './parse.ts';
import { sha1 } from './sha1.ts';
import {
  asBytes,
  asText,
  type EncodableDict,
  fullTorrent,
  MULTI_INFO,
  SINGLE_INFO,
  torrentOf,
  torrentOfText,
} from './testing/sample.ts';

/** What the info dictionary of a valid torrent has besides its files, as bencode text. */
const REST = `4:name1:n12:piece lengthi4e6:pieces20:${'h'.repeat(20)}`;
const VALID_TEXT = `d6:lengthi4e${REST}e`;

describe('parseMetainfo', () => {
  it('reads a torrent of one file', () => {
    const metainfo = parseMetainfo(fullTorrent(SINGLE_INFO));
    expect(metainfo).toMatchObject({
      version: 'v1',
      name: 'five.bin',
      nameBytes: asBytes('five.bin'),
      isSingleFile: true,
      pieceLength: 4,
      pieceHashes: new Uint8Array(40).fill(7),
      tiers: [['http://one.test/announce', 'http://two.test/announce'], ['udp://three.test:80']],
      isPrivate: true,
      comment: 'a comment',
      createdBy: 'a maker',
      createdAt: new Date('2040-01-01T00:00:00Z'),
      source: 'a source',
      webSeeds: ['http://web.test/files/'],
      httpSeeds: ['http://seed.test/'],
      nodes: [
        { host: '192.0.2.1', port: 6881 },
        { host: 'node.test', port: 1 },
      ],
      issues: [],
    });
    expect(metainfo.files).toHaveLength(1);
    expect(metainfo.files[0]).toMatchObject({
      index: 0,
      path: [],
      pathBytes: [],
      length: 5,
      offset: 0,
      isPadding: false,
    });
    expect(metainfo.layout.pieceCount).toBe(2);
    expect(metainfo.layout.totalLength).toBe(5);
  });

  it('reads a torrent of many files', () => {
    const metainfo = parseMetainfo(torrentOf(MULTI_INFO));
    expect(metainfo.isSingleFile).toBe(false);
    expect(metainfo.name).toBe('root');
    expect(metainfo.files).toMatchObject([
      { index: 0, path: ['a.txt'], pathBytes: [asBytes('a.txt')], length: 3, offset: 0 },
      { index: 1, path: ['sub', 'empty'], length: 0, offset: 3 },
      { index: 2, path: ['sub', 'b.txt'], length: 4, offset: 3 },
    ]);
    expect(metainfo.layout.totalLength).toBe(7);
  });

  it('leaves out what the torrent does not say', () => {
    const metainfo = parseMetainfo(encode({ info: SINGLE_INFO }));
    expect(metainfo).toMatchObject({ tiers: [], webSeeds: [], httpSeeds: [], nodes: [], isPrivate: false });
    for (const key of ['comment', 'createdBy', 'createdAt', 'source'])
      expect(metainfo).not.toHaveProperty(key);
  });

  it('marks padding, executable, hidden and linked files', () => {
    const file = (attr: string, more: EncodableDict = {}): EncodableDict => ({
      attr,
      length: 1,
      path: [attr],
      ...more,
    });
    const files = [file('p'), file('x'), file('hx'), file('l', { 'symlink path': ['a', 'b'] }), file('?')];
    const metainfo = parseMetainfo(
      torrentOf({ ...MULTI_INFO, files, 'piece length': 5, pieces: new Uint8Array(20) }),
    );
    expect(metainfo.files).toMatchObject([
      { isPadding: true, isExecutable: false },
      { isPadding: false, isExecutable: true, isHidden: false },
      { isExecutable: true, isHidden: true, symlink: undefined },
      { symlink: ['a', 'b'] },
      { isPadding: false, isExecutable: false, isHidden: false },
    ]);
  });

  it('prefers the names that are said to be UTF-8', () => {
    const files = [{ length: 4, path: ['old'], 'path.utf-8': ['n\u00e9w'] }];
    const info = { ...MULTI_INFO, files, name: 'old', 'name.utf-8': 'n\u00e9w', pieces: new Uint8Array(20) };
    const metainfo = parseMetainfo(torrentOf(info, { comment: 'old', 'comment.utf-8': 'n\u00e9w' }));
    expect(metainfo).toMatchObject({
      name: 'n\u00e9w',
      comment: 'n\u00e9w',
      files: [{ path: ['n\u00e9w'] }],
    });
  });

  it('keeps the bytes of names that are not UTF-8', () => {
    const nameBytes = Uint8Array.of(0x61, 0xff);
    const metainfo = parseMetainfo(torrentOf({ ...SINGLE_INFO, name: nameBytes }));
    expect(metainfo).toMatchObject({
      name: 'a\ufffd',
      nameBytes,
      issues: [{ code: 'NOT_UTF8', field: 'info.name' }],
    });
  });

  it('gives views of the input, and never a Buffer', () => {
    const input = Buffer.from(torrentOf(MULTI_INFO));
    const metainfo = parseMetainfo(input);
    const views = [
      metainfo.infoBytes,
      metainfo.nameBytes,
      metainfo.pieceHashes,
      ...(metainfo.files[0]?.pathBytes ?? []),
    ];
    for (const view of views) {
      expect(view.buffer).toBe(input.buffer);
      expect(Object.getPrototypeOf(view)).toBe(Uint8Array.prototype);
    }
    expect(Object.getPrototypeOf(metainfo.infoHash)).toBe(Uint8Array.prototype);
  });

  it('is not confused by keys that objects inherit', () => {
    const text = `9:__proto__d3:fooi1ee11:constructori1e8:toStringi1e`;
    const metainfo = parseMetainfo(torrentOfText(`d${text}6:lengthi4e${REST}e`, text));
    expect(metainfo.name).toBe('n');
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('foo');
  });
});

describe('the info hash', () => {
  it.each([
    ['keys in order', VALID_TEXT],
    ['keys out of order', `d${REST}6:lengthi4ee`],
    ['an unknown key twice', `d6:lengthi4e${REST}1:xi1e1:xi2ee`],
    ['an integer past 2^53', `d6:lengthi4e${REST}1:xi9007199254740993ee`],
    ['a key that is not UTF-8', `d6:lengthi4e${REST}2:\xff\xfei1ee`],
    ['a key like a prototype', `d9:__proto__d1:ai1ee6:lengthi4e${REST}e`],
  ])('is that of the exact bytes, with %s', (_, info) => {
    const metainfo = parseMetainfo(torrentOfText(info, '1:ai1e', '1:zi1e'));
    expect(asText(metainfo.infoBytes)).toBe(info);
    expect(metainfo.infoHash).toEqual(sha1(asBytes(info)));
  });

  it('agrees with another implementation', () => {
    const metainfo = parseMetainfo(torrentOfText(VALID_TEXT));
    expect(formatInfoHash(metainfo.infoHash)).toBe('ac0cfc4b95398be3822467897d156c7632536caf');
  });
});

describe('a torrent that cannot be read', () => {
  const single = (change: EncodableDict): Uint8Array => torrentOf({ ...SINGLE_INFO, ...change });
  const multi = (...files: EncodableDict[]): Uint8Array => torrentOf({ ...MULTI_INFO, files });
  const file = { length: 7, path: ['a'] };

  it.each<[title: string, bytes: Uint8Array, code: string, field: string]>([
    ['nothing', asBytes(''), 'NOT_BENCODE', ''],
    ['a web page', asBytes('<!DOCTYPE html>'), 'NOT_BENCODE', ''],
    ['a list', asBytes('le'), 'WRONG_TYPE', ''],
    ['an integer', asBytes('i1e'), 'WRONG_TYPE', ''],
    ['an empty dictionary', asBytes('de'), 'MISSING_FIELD', 'info'],
    ['leading zeros', torrentOfText(`d6:lengthi04e${REST}e`), 'NOT_BENCODE', ''],
    ['leading zeros of a length', torrentOfText(VALID_TEXT, '01:ai1e'), 'NOT_BENCODE', ''],
    ['minus zero', torrentOfText(`d6:lengthi-0e${REST}e`), 'NOT_BENCODE', ''],
    ['a fraction', torrentOfText(`d6:lengthi4.0e${REST}e`), 'NOT_BENCODE', ''],
    ['an integer key', asBytes('di1ei1ee'), 'NOT_BENCODE', ''],
    ['a nesting bomb', asBytes('l'.repeat(1_000_000)), 'NOT_BENCODE', ''],
    ['a huge length prefix', asBytes('99999999999:a'), 'NOT_BENCODE', ''],
    ['a negative length prefix', asBytes('d-1:'), 'NOT_BENCODE', ''],
    ['info that is a list', encode({ info: [] }), 'WRONG_TYPE', 'info'],
    ['info twice', torrentOfText(VALID_TEXT, `4:info${VALID_TEXT}`), 'DUPLICATE_KEY', 'info'],
    [
      'the announce twice',
      torrentOfText(VALID_TEXT, '8:announce1:a8:announce1:b'),
      'DUPLICATE_KEY',
      'announce',
    ],
    [
      'pieces twice',
      torrentOfText(`d6:lengthi4e${REST}6:pieces20:${'i'.repeat(20)}e`),
      'DUPLICATE_KEY',
      'info.pieces',
    ],
    ['the length twice', torrentOfText(`d6:lengthi4e6:lengthi5e${REST}e`), 'DUPLICATE_KEY', 'info.length'],
    ['files twice', torrentOfText(`d5:filesle5:filesle${REST}e`), 'DUPLICATE_KEY', 'info.files'],
    [
      'the path of a file twice',
      torrentOfText(`d5:filesld6:lengthi4e4:pathl1:ae4:pathl1:beee${REST}e`),
      'DUPLICATE_KEY',
      'info.files[0].path',
    ],
    ['no name', single({ name: undefined }), 'MISSING_FIELD', 'info.name'],
    ['a name that is a number', single({ name: 1 }), 'WRONG_TYPE', 'info.name'],
    ['no piece length', single({ 'piece length': undefined }), 'MISSING_FIELD', 'info.piece length'],
    ['a piece length of 0', single({ 'piece length': 0 }), 'INVALID_PIECE_LENGTH', 'info.piece length'],
    ['a piece length of -1', single({ 'piece length': -1 }), 'INVALID_PIECE_LENGTH', 'info.piece length'],
    [
      'a piece length over 512 MiB',
      single({ 'piece length': 2 ** 29 + 1 }),
      'INVALID_PIECE_LENGTH',
      'info.piece length',
    ],
    [
      'a piece length of 2^31',
      single({ 'piece length': 2 ** 31 }),
      'INVALID_PIECE_LENGTH',
      'info.piece length',
    ],
    [
      'a piece length of 2^63',
      single({ 'piece length': 2n ** 63n }),
      'INVALID_PIECE_LENGTH',
      'info.piece length',
    ],
    ['a piece length that is text', single({ 'piece length': '4' }), 'WRONG_TYPE', 'info.piece length'],
    ['no pieces', single({ pieces: undefined }), 'MISSING_FIELD', 'info.pieces'],
    ['pieces that are a list', single({ pieces: [] }), 'WRONG_TYPE', 'info.pieces'],
    ['no hashes', single({ pieces: '' }), 'PIECE_COUNT_MISMATCH', 'info.pieces'],
    ['a hash too few', single({ pieces: new Uint8Array(20) }), 'PIECE_COUNT_MISMATCH', 'info.pieces'],
    ['a hash too many', single({ pieces: new Uint8Array(60) }), 'PIECE_COUNT_MISMATCH', 'info.pieces'],
    [
      'a byte of a hash too few',
      single({ pieces: new Uint8Array(39) }),
      'PIECE_COUNT_MISMATCH',
      'info.pieces',
    ],
    [
      'a byte of a hash too many',
      single({ pieces: new Uint8Array(41) }),
      'PIECE_COUNT_MISMATCH',
      'info.pieces',
    ],
    [
      'a piece length of 1 for two hashes',
      single({ 'piece length': 1 }),
      'PIECE_COUNT_MISMATCH',
      'info.pieces',
    ],
    ['neither length nor files', single({ length: undefined }), 'MISSING_FIELD', 'info.length'],
    ['a length of 0', single({ length: 0, pieces: '' }), 'INVALID_LENGTH', 'info.length'],
    ['a length of -5', single({ length: -5 }), 'INVALID_LENGTH', 'info.length'],
    ['a length of 2^53', single({ length: 2n ** 53n }), 'INVALID_LENGTH', 'info.length'],
    ['a length of 2^63', single({ length: 2n ** 63n }), 'INVALID_LENGTH', 'info.length'],
    ['a length of 2^64', torrentOfText(`d6:lengthi18446744073709551616e${REST}e`), 'NOT_BENCODE', ''],
    ['a length that is text', single({ length: '5' }), 'WRONG_TYPE', 'info.length'],
    ['files that are a dictionary', torrentOf({ ...MULTI_INFO, files: {} }), 'WRONG_TYPE', 'info.files'],
    ['no files', multi(), 'INVALID_LENGTH', 'info.files'],
    ['empty files only', multi({ length: 0, path: ['a'] }), 'INVALID_LENGTH', 'info.files'],
    [
      'a file that is a number',
      torrentOf({ ...MULTI_INFO, files: [file, 1] }),
      'WRONG_TYPE',
      'info.files[1]',
    ],
    ['a file without a length', multi({ path: ['a'] }), 'MISSING_FIELD', 'info.files[0].length'],
    [
      'a file of -1 bytes',
      multi(file, { length: -1, path: ['b'] }),
      'INVALID_LENGTH',
      'info.files[1].length',
    ],
    [
      'files of more than 2^53 - 1 bytes',
      multi(file, { length: 2 ** 53 - 7, path: ['b'] }),
      'INVALID_LENGTH',
      'info.files[1].length',
    ],
    ['a file without a path', multi({ length: 7 }), 'MISSING_FIELD', 'info.files[0].path'],
    ['a path that is text', multi({ length: 7, path: 'a' }), 'WRONG_TYPE', 'info.files[0].path'],
    ['a path of numbers', multi({ length: 7, path: ['a', 1] }), 'WRONG_TYPE', 'info.files[0].path[1]'],
    ['an empty path', multi({ length: 7, path: [] }), 'INVALID_PATH', 'info.files[0].path'],
    [
      'a path 65 deep',
      multi({ length: 7, path: Array.from({ length: 65 }, () => 'a') }),
      'PATH_TOO_DEEP',
      'info.files[0].path',
    ],
    [
      'version 2 only',
      single({ 'meta version': 2, pieces: undefined }),
      'UNSUPPORTED_META_VERSION',
      'info.meta version',
    ],
    [
      'a file tree only',
      single({ 'file tree': {}, pieces: undefined }),
      'UNSUPPORTED_META_VERSION',
      'info.meta version',
    ],
    ['version 3', single({ 'meta version': 3 }), 'UNSUPPORTED_META_VERSION', 'info.meta version'],
  ])('has %s', (_, bytes, code, field) => {
    expect(() => parseMetainfo(bytes)).toThrow(
      expect.objectContaining({ name: 'MetainfoError', code, field }),
    );
  });

  it('says why it is no bencode, and where', () => {
    expect(() => parseMetainfo(asBytes('d4:infoi04ee'))).toThrow(
      expect.objectContaining({
        detail: expect.objectContaining({ offset: expect.any(Number) }),
        cause: expect.objectContaining({ name: 'BencodeError', code: 'LEADING_ZERO' }),
      }),
    );
  });

  it('shows nothing from the torrent that a terminal would act on', () => {
    const bytes = multi({ length: 7, path: ['\u001b[2J\u202e\n'] }, { length: 0, path: ['..'] });
    const error = catchError(() => parseMetainfo(bytes, { strict: true }));
    expect(error.message).toMatch(/^[ -~]+$/);
  });
});

describe('a torrent cut short', () => {
  it.each([
    ['one file', fullTorrent(SINGLE_INFO)],
    ['many files', fullTorrent(MULTI_INFO)],
  ])('is refused at every offset, with %s', (_, bytes) => {
    for (let end = 0; end < bytes.length; end += 1) {
      expect(catchError(() => parseMetainfo(bytes.subarray(0, end))).code).toBe('NOT_BENCODE');
    }
  });
});

describe('a torrent that real clients accept', () => {
  const single = (change: EncodableDict, outer: EncodableDict = {}): Uint8Array =>
    torrentOf({ ...SINGLE_INFO, ...change }, outer);
  const path = (...components: string[]): Uint8Array =>
    torrentOf({ ...MULTI_INFO, files: [{ length: 7, path: components }] });

  const cases: [title: string, bytes: Uint8Array, code: string, field: string][] = [
    ['keys out of order', torrentOfText(`d${REST}6:lengthi4ee`), 'KEYS_NOT_SORTED', 'info.length'],
    ['outer keys out of order', torrentOfText(VALID_TEXT, '1:zi1e'), 'KEYS_NOT_SORTED', 'info'],
    ['an unknown key twice', torrentOfText(`d6:lengthi4e${REST}1:xi1e1:xi2ee`), 'DUPLICATE_KEY', 'info.x'],
    ['bytes after its end', asBytes(`d4:info${VALID_TEXT}e???`), 'TRAILING_BYTES', ''],
    ['two line ends after its end', asBytes(`d4:info${VALID_TEXT}e\n\n`), 'TRAILING_BYTES', ''],
    ['both length and files', torrentOf({ ...MULTI_INFO, length: 5 }), 'CONFLICTING_FIELDS', 'info.files'],
    [
      'version 2 besides version 1',
      single({ 'meta version': 2, 'file tree': {} }),
      'UNSUPPORTED_META_VERSION',
      'info.meta version',
    ],
    ['a version that is text', single({ 'meta version': '2' }), 'WRONG_TYPE', 'info.meta version'],
    ['an empty name', single({ name: '' }), 'INVALID_PATH', 'info.name'],
    ['a name of ..', single({ name: '..' }), 'INVALID_PATH', 'info.name'],
    ['a path with ..', path('a', '..', 'b'), 'INVALID_PATH', 'info.files[0].path[1]'],
    ['a path with an empty component', path('', 'b'), 'INVALID_PATH', 'info.files[0].path[0]'],
    ['private of 2', single({ private: 2 }), 'INVALID_VALUE', 'info.private'],
    ['private that is text', single({ private: '1' }), 'WRONG_TYPE', 'info.private'],
    ['a source that is a number', single({ source: 1 }), 'WRONG_TYPE', 'info.source'],
    ['a source that is not UTF-8', single({ source: Uint8Array.of(0xff) }), 'NOT_UTF8', 'info.source'],
    ['a comment that is a list', single({}, { comment: [] }), 'WRONG_TYPE', 'comment'],
    ['a date that is text', single({}, { 'creation date': '1' }), 'WRONG_TYPE', 'creation date'],
    ['a date before 1970', single({}, { 'creation date': -1 }), 'INVALID_VALUE', 'creation date'],
    ['a date past all dates', single({}, { 'creation date': 2n ** 63n }), 'INVALID_VALUE', 'creation date'],
    ['an announce that is a number', single({}, { announce: 1 }), 'WRONG_TYPE', 'announce'],
    [
      'a tier that is text',
      single({}, { 'announce-list': ['http://a.test'] }),
      'WRONG_TYPE',
      'announce-list[0]',
    ],
    [
      'a tracker that is a number',
      single({}, { 'announce-list': [['a', 1]] }),
      'WRONG_TYPE',
      'announce-list[0][1]',
    ],
    ['a web seed that is a number', single({}, { 'url-list': ['a', 1] }), 'WRONG_TYPE', 'url-list[1]'],
    ['web seeds that are a dictionary', single({}, { 'url-list': {} }), 'WRONG_TYPE', 'url-list'],
    ['a node without a port', single({}, { nodes: [['a']] }), 'WRONG_TYPE', 'nodes[0]'],
    ['a node of port 0', single({}, { nodes: [['a', 0]] }), 'WRONG_TYPE', 'nodes[0]'],
  ];

  it.each(cases)('has %s', (_, bytes, code, field) => {
    const metainfo = parseMetainfo(bytes);
    expect(metainfo.issues).toEqual([
      { code, field, message: expect.stringContaining('Cannot read torrent') },
    ]);
    expect(metainfo.infoHash).toEqual(sha1(metainfo.infoBytes));
  });

  it.each(cases)('is refused by a strict reader if it has %s', (_, bytes, code, field) => {
    const error = catchError(() => parseMetainfo(bytes, { strict: true }));
    expect({ code: error.code, field: error.field }).toEqual({ code, field });
  });

  it.each(['\n', '\r', '\r\n'])('has nothing but %j after its end, which is no issue', (end) => {
    expect(parseMetainfo(asBytes(`d4:info${VALID_TEXT}e${end}`), { strict: true }).issues).toEqual([]);
  });

  it('keeps the first of a key that comes twice', () => {
    const text = `d5:filesld6:lengthi4e4:pathl1:ae1:xi1e1:xi2eee${REST}e`;
    expect(parseMetainfo(torrentOfText(text)).issues).toMatchObject([{ field: 'info.files[0].x' }]);
  });

  it('has only so many issues listed', () => {
    const text = `d4:info${VALID_TEXT}${'1:xi1e'.repeat(10_000)}e`;
    expect(parseMetainfo(asBytes(text)).issues.length).toBe(256);
  });
});

describe('tiers', () => {
  const tiersOf = (outer: EncodableDict): readonly (readonly string[])[] =>
    parseMetainfo(encode({ ...outer, info: SINGLE_INFO })).tiers;

  it.each<[title: string, outer: EncodableDict, tiers: string[][]]>([
    ['are the announce alone', { announce: 'a' }, [['a']]],
    [
      'are the announce-list if there is one',
      { announce: 'a', 'announce-list': [['b', 'c'], ['d']] },
      [['b', 'c'], ['d']],
    ],
    ['are the announce if the announce-list is empty', { announce: 'a', 'announce-list': [] }, [['a']]],
    [
      'are the announce if the announce-list has empty tiers only',
      { announce: 'a', 'announce-list': [[], ['']] },
      [['a']],
    ],
    ['leave out empty tiers', { 'announce-list': [[], ['a'], ['', ' ']] }, [['a']]],
    ['come without blanks around', { announce: ' a\n' }, [['a']]],
    ['are none if the announce is empty', { announce: '' }, []],
  ])('%s', (_, outer, tiers) => {
    expect(tiersOf(outer)).toEqual(tiers);
  });

  it('takes a web seed that is not in a list', () => {
    expect(parseMetainfo(torrentOf(SINGLE_INFO, { 'url-list': 'http://a.test/' })).webSeeds).toEqual([
      'http://a.test/',
    ]);
    expect(parseMetainfo(torrentOf(SINGLE_INFO, { 'url-list': '' })).webSeeds).toEqual([]);
  });
});

describe('limits', () => {
  it('reads the longest piece length, and the shortest', () => {
    const longest = { ...SINGLE_INFO, 'piece length': 2 ** 29, pieces: new Uint8Array(20) };
    expect(parseMetainfo(torrentOf(longest)).layout.maxPieceLength).toBe(5);
    const shortest = { ...SINGLE_INFO, 'piece length': 1, pieces: new Uint8Array(100) };
    expect(parseMetainfo(torrentOf(shortest)).layout.pieceCount).toBe(5);
  });

  it('reads a path of 64 components', () => {
    const path = Array.from({ length: 64 }, (_, depth) => `d${depth}`);
    const metainfo = parseMetainfo(torrentOf({ ...MULTI_INFO, files: [{ length: 7, path }] }));
    expect(metainfo.files[0]?.path).toEqual(path);
  });

  it('adds up to 2^53 - 1 bytes exactly, and no more', () => {
    const files = [
      { length: 2 ** 53 - 2, path: ['a'] },
      { length: 1, path: ['b'] },
    ];
    const info = { ...MULTI_INFO, files, 'piece length': 2 ** 29 };
    const error = catchError(() => parseMetainfo(torrentOf(info)));
    expect(error.detail).toMatchObject({ code: 'PIECE_COUNT_MISMATCH', pieceCount: 2 ** 24 });
  });

  it.each([
    ['the default', undefined, 32 * 1024 * 1024 + 1],
    ['another', { maxBytes: 10 }, 11],
  ])('does not look at more bytes than %s allows', (_, options, length) => {
    const error = catchError(() => parseMetainfo(new Uint8Array(length), options));
    expect(error.code).toBe('TOO_LARGE');
    expect(catchError(() => parseMetainfo(new Uint8Array(length - 1), options)).code).toBe('NOT_BENCODE');
  });

  it('reads a torrent of 32 MiB', () => {
    const info = { ...SINGLE_INFO, 'piece length': 1, length: 1_677_000, pieces: new Uint8Array(33_540_000) };
    const bytes = torrentOf(info, { comment: 'x'.repeat(14_250) });
    expect(bytes.length).toBeGreaterThan(33_554_000);
    expect(parseMetainfo(bytes).layout.pieceCount).toBe(1_677_000);
  });

  it('reads a million files', { timeout: 30_000 }, () => {
    const metainfo = parseMetainfo(manyFiles(1_000_000));
    expect(metainfo.files).toHaveLength(1_000_000);
    expect(metainfo.files.at(-1)).toMatchObject({ index: 999_999, offset: 999_999, path: ['a'] });
  });

  it('does not read one file more', { timeout: 30_000 }, () => {
    const error = catchError(() => parseMetainfo(manyFiles(1_000_001)));
    expect(error.detail).toMatchObject({ code: 'TOO_MANY_FILES', field: 'info.files', count: 1_000_001 });
  });
});

describe('parseInfo', () => {
  const infoBytes = encode(MULTI_INFO);

  it('reads an info dictionary alone', () => {
    const metainfo = parseInfo(infoBytes, infoHash(sha1(infoBytes)));
    expect(metainfo).toMatchObject({
      name: 'root',
      tiers: [],
      webSeeds: [],
      httpSeeds: [],
      nodes: [],
      issues: [],
    });
    expect(metainfo.infoHash).toEqual(parseMetainfo(torrentOf(MULTI_INFO)).infoHash);
    expect(parseInfo(infoBytes).files).toHaveLength(3);
  });

  it.each([
    ['other bytes', infoBytes, 'INFO_HASH_MISMATCH'],
    ['what is no bencode', asBytes('?'), 'INFO_HASH_MISMATCH'],
  ])('refuses %s than the hash promises', (_, bytes, code) => {
    const expected = infoHash(new Uint8Array(20));
    expect(catchError(() => parseInfo(bytes, expected))).toMatchObject({ code, field: 'info' });
  });

  it.each([
    ['a list', asBytes('le'), 'WRONG_TYPE'],
    ['bytes after its end', asBytes(`${VALID_TEXT}\n`), 'TRAILING_BYTES'],
    ['what is cut', infoBytes.subarray(0, 50), 'NOT_BENCODE'],
  ])('refuses %s', (_, bytes, code) => {
    expect(catchError(() => parseInfo(bytes))).toMatchObject({ code, field: 'info' });
    expect(catchError(() => parseInfo(bytes, infoHash(sha1(bytes))))).toMatchObject({ code, field: 'info' });
  });

  it('does not look at more bytes than it may', () => {
    expect(catchError(() => parseInfo(infoBytes, undefined, { maxBytes: 10 })).code).toBe('TOO_LARGE');
  });
});

/** A torrent of that many files of one byte, all of one path. */
function manyFiles(count: number): Uint8Array {
  const files = 'd6:lengthi1e4:pathl1:aee'.repeat(count);
  const pieces = 'h'.repeat(20 * Math.ceil(count / 1_000_000));
  const rest = `4:name1:n12:piece lengthi1000000e6:pieces${pieces.length}:${pieces}`;
  return torrentOfText(`d5:filesl${files}e${rest}e`);
}

function catchError(action: () => unknown): MetainfoError {
  try {
    action();
  } catch (error) {
    if (MetainfoError.is(error)) return error;
    throw error;
  }
  throw new Error('Nothing was thrown, expected a MetainfoError');
}
