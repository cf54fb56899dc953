import { afterEach, describe, expect, it, vi } from 'vitest';
import { MetainfoError } from './error.ts';
import { formatInfoHash } from './info-hash.ts';
import { type MagnetOptions, parseMagnet } from './parse-magnet.ts';

const HEX = 'f0e1d2c3b4a5968778695a4b3c2d1e0f00112233';
/** The same 20 bytes: RFC 4648 base32, checked with another program. */
const BASE32 = '6DQ5FQ5UUWLIO6DJLJFTYLI6B4ABCIRT';
const LINK = `magnet:?xt=urn:btih:${HEX}`;
const MULTIHASH = `1220${'ab'.repeat(32)}`;

function failure(text: string, options?: MagnetOptions): MetainfoError {
  try {
    parseMagnet(text, options);
  } catch (error) {
    if (MetainfoError.is(error)) return error;
    throw error;
  }
  throw new Error(`${text} was read`);
}

describe('parseMagnet', () => {
  it('reads every parameter it knows, and keeps those it does not', () => {
    const link =
      `${LINK}&xt=urn:btmh:${MULTIHASH}&dn=A%20b&xl=12&tr=http%3A%2F%2Ft.example%2Fa&tr=udp://u.example:1` +
      '&ws=http://w.example/&xs=http://x.example/&as=http://s.example/&x.pe=192.0.2.7:6881' +
      '&x.pe=[2001:DB8::7]:1&x.pe=Peer.example:65535&so=0,2,4,6-8&kt=a+b%20c&xt=urn:sha1:ABC&empty';
    const magnet = parseMagnet(link, { strict: true });
    expect(formatInfoHash(magnet.infoHash)).toBe(HEX);
    expect({ ...magnet, infoHash: undefined }).toEqual({
      version: 'v1',
      infoHash: undefined,
      multihash: Uint8Array.of(0x12, 0x20, ...new Uint8Array(32).fill(0xab)),
      name: 'A b',
      length: 12,
      trackers: ['http://t.example/a', 'udp://u.example:1'],
      webSeeds: ['http://w.example/'],
      exactSources: ['http://x.example/'],
      acceptableSources: ['http://s.example/'],
      peers: [
        { text: '192.0.2.7:6881', host: '192.0.2.7', port: 6881 },
        { text: '[2001:db8::7]:1', host: '2001:db8::7', port: 1 },
        { text: 'peer.example:65535', host: 'peer.example', port: 65_535 },
      ],
      selection: [
        { first: 0, last: 0 },
        { first: 2, last: 2 },
        { first: 4, last: 4 },
        { first: 6, last: 8 },
      ],
      others: [
        { key: 'kt', value: 'a+b%20c' },
        { key: 'xt', value: 'urn:sha1:ABC' },
        { key: 'empty', value: '' },
      ],
      issues: [],
    });
  });

  it.each([
    ['upper-case digits', `magnet:?xt=urn:btih:${HEX.toUpperCase()}`],
    ['base32', `magnet:?xt=urn:btih:${BASE32}`],
    ['base32 in lower case', `magnet:?xt=urn:btih:${BASE32.toLowerCase()}`],
    ['another case of scheme, key and name space', `MAGNET:?XT=URN:BTIH:${HEX}`],
    ['no question mark', `magnet:xt=urn:btih:${HEX}`],
    ['slashes', `magnet://?xt=urn:btih:${HEX}`],
    ['white space around', ` \n\t${LINK}\r\n `],
    ['white space around the hash', `magnet:?xt=%20urn:btih:${HEX} &a=b`],
    ['a number', `magnet:?xt.1=urn:btih:${HEX}`],
    ['escapes', `magnet:?%78t=urn%3Abtih%3A${HEX}`],
    ['ampersands as HTML writes them', `magnet:?dn=a&amp;xt=urn:btih:${HEX}&AMP;tr=b`],
    ['the same hash twice, in two spellings', `${LINK}&xt.2=urn:btih:${BASE32}`],
    ['nothing between ampersands', `magnet:?&&&xt=urn:btih:${HEX}&&`],
    ['a value without a key', `magnet:?=x&xt=urn:btih:${HEX}`],
  ])('reads a hash written with %s', (_, text) => {
    const magnet = parseMagnet(text, { strict: true });
    expect(formatInfoHash(magnet.infoHash)).toBe(HEX);
    expect(magnet.issues).toEqual([]);
  });

  it.each([
    ['http://t.example/a%3Fk=v%3D', 'http://t.example/a?k=v='],
    ['http://t.example/?a=b=c', 'http://t.example/?a=b=c'],
    ['http://t.example/a+b', 'http://t.example/a+b'],
    ['%', '%'],
    ['100%&', '100%'],
    ['%z%4', '%z%4'],
    ['%41%zz%42', 'A%zzB'],
    ['%c3%a9', 'é'],
    ['%C3x%ff', '%c3x%ff'],
    ['é%20è', 'é è'],
    ['\ud800', '\ufffd'],
  ])('takes tracker %j for %j', (written, tracker) => {
    expect(parseMagnet(`${LINK}&tr=${written}`, { strict: true }).trackers).toEqual([tracker]);
  });

  it('takes a plus sign for a space in the name only', () => {
    const { name, trackers } = parseMagnet(`${LINK}&dn=a+b%2Bc&tr=a+b`);
    expect({ name, trackers }).toEqual({ name: 'a b+c', trackers: ['a+b'] });
  });

  it('reads trackers of any number and spelling in order, each once', () => {
    const magnet = parseMagnet(`${LINK}&tr.2=b&TR=a&tr.10=c&tr=%62&tr=`);
    expect(magnet.trackers).toEqual(['b', 'a', 'c']);
  });

  it('never expands a range', () => {
    const { selection } = parseMagnet(`${LINK}&so=0-9007199254740991&so=5`, { strict: true });
    expect(selection).toEqual([
      { first: 0, last: Number.MAX_SAFE_INTEGER },
      { first: 5, last: 5 },
    ]);
  });

  it.each([
    ['dn=a&dn=b', 'magnet.dn', { name: 'a' }],
    ['xl=1&xl=2', 'magnet.xl', { length: 1 }],
    ['xl=-1', 'magnet.xl', {}],
    ['xl=9007199254740992', 'magnet.xl', {}],
    ['so=', 'magnet.so', {}],
    ['so=3-1', 'magnet.so', {}],
    ['so=9007199254740992', 'magnet.so', {}],
    ['so=x,1', 'magnet.so', { selection: [{ first: 1, last: 1 }] }],
    ['x.pe=192.0.2.7', 'magnet.x.pe', { peers: [] }],
    ['x.pe=192.0.2.7:0', 'magnet.x.pe', { peers: [] }],
    ['x.pe=192.0.2.7:65536', 'magnet.x.pe', { peers: [] }],
    ['x.pe=2001:db8::7:80', 'magnet.x.pe', { peers: [] }],
    ['x.pe=[192.0.2.7]:80', 'magnet.x.pe', { peers: [] }],
    ['x.pe=[::1%25eth0]:80', 'magnet.x.pe', { peers: [] }],
    ['x.pe=a/b:80', 'magnet.x.pe', { peers: [] }],
    [`x.pe=${'a'.repeat(300)}:80`, 'magnet.x.pe', { peers: [] }],
  ])('passes over the bad part of %s, and says so', (parameters, field, expected) => {
    const link = `${LINK}&${parameters}`;
    const magnet = parseMagnet(link);
    expect(magnet).toMatchObject(expected);
    expect(magnet.issues).toEqual([expect.objectContaining({ code: 'INVALID_MAGNET', field })]);
    expect(failure(link, { strict: true })).toMatchObject({ code: 'INVALID_MAGNET', field });
  });

  it.each([
    ['', 'INVALID_MAGNET', 'magnet', 0],
    ['magnet', 'INVALID_MAGNET', 'magnet', 0],
    ['http://a.example/', 'INVALID_MAGNET', 'magnet', 0],
    [HEX, 'INVALID_MAGNET', 'magnet', 0],
    ['magnet:', 'MISSING_FIELD', 'magnet.xt', undefined],
    ['magnet:?dn=a', 'MISSING_FIELD', 'magnet.xt', undefined],
    ['magnet:?xt=urn:sha1:abc', 'MISSING_FIELD', 'magnet.xt', undefined],
    [`magnet:?xt=${HEX}`, 'MISSING_FIELD', 'magnet.xt', undefined],
    ['magnet:?xt=urn:btih:', 'INVALID_MAGNET', 'magnet.xt', 8],
    [`magnet:?xt=urn:btih:${HEX.slice(1)}`, 'INVALID_MAGNET', 'magnet.xt', 8],
    [`magnet:?xt=urn:btih:${HEX}0`, 'INVALID_MAGNET', 'magnet.xt', 8],
    [`magnet:?dn=a&xt=urn:btih:g${HEX.slice(1)}`, 'INVALID_MAGNET', 'magnet.xt', 13],
    [`magnet:?xt=urn:btih:1${BASE32.slice(1)}`, 'INVALID_MAGNET', 'magnet.xt', 8],
    [`${LINK}&xt=urn:btih:${'0'.repeat(40)}`, 'INVALID_MAGNET', 'magnet.xt', 61],
    [`${LINK}&xt=urn:btmh:1220ab`, 'INVALID_MAGNET', 'magnet.xt', 61],
    [`${LINK}&xt=urn:btmh:x`, 'INVALID_MAGNET', 'magnet.xt', 61],
    [`magnet:?xt=urn:btmh:${MULTIHASH}&xt=urn:btmh:1101ff`, 'INVALID_MAGNET', 'magnet.xt', 89],
    [`magnet:?xt=urn:btmh:${MULTIHASH}`, 'UNSUPPORTED_META_VERSION', 'magnet.xt', undefined],
  ])('refuses %j with %s', (text, code, field, offset) => {
    const error = failure(text);
    expect(error).toMatchObject({ code, field, detail: offset === undefined ? {} : { offset } });
    expect(error.message).toMatch(/^Cannot read magnet link[ -~…]{1,300}, expected [ -~]+$/);
  });

  it('reads links as long as the limit, and none longer', () => {
    expect(parseMagnet(LINK.padEnd(65_536, '&')).issues).toEqual([]);
    expect(failure(LINK.padEnd(65_537, '&'))).toMatchObject({ code: 'MAGNET_TOO_LONG' });
    expect(failure(LINK, { maxLength: 59 })).toMatchObject({ detail: { length: 60, maxLength: 59 } });
  });

  it.each([
    ['tr', 'trackers', (index: number) => `tr=${index}`],
    ['ws', 'webSeeds', (index: number) => `ws=${index}`],
    ['xs', 'exactSources', (index: number) => `xs=${index}`],
    ['as', 'acceptableSources', (index: number) => `as=${index}`],
    ['x.pe', 'peers', (index: number) => `x.pe=a:${index + 1}`],
    ['zz', 'others', (index: number) => `zz=${index}`],
  ] as const)('keeps the first 100 of %s, and says that there were more', (key, list, write) => {
    const parameters = (count: number): string => Array.from({ length: count }, (_, i) => write(i)).join('&');
    expect(parseMagnet(`${LINK}&${parameters(100)}`, { strict: true })[list]).toHaveLength(100);
    const magnet = parseMagnet(`${LINK}&${parameters(1000)}`);
    expect(magnet[list]).toHaveLength(100);
    expect(magnet.issues).toHaveLength(256);
    expect(magnet.issues[0]).toMatchObject({ code: 'TOO_MANY_PARAMETERS', field: `magnet.${key}` });
  });

  it('keeps the first 10,000 ranges', () => {
    const magnet = parseMagnet(`${LINK}&so=${'1,'.repeat(20_000)}1`);
    expect(magnet.selection).toHaveLength(10_000);
    expect(magnet.issues).toMatchObject([{ code: 'TOO_MANY_PARAMETERS', field: 'magnet.so' }]);
  });
});

describe('parseMagnet of a hostile link', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** How many characters `indexOf`, `slice` and `exec` were made to look at. */
  function work(text: string): number {
    const indexOf = vi.spyOn(String.prototype, 'indexOf');
    const slice = vi.spyOn(String.prototype, 'slice');
    const exec = vi.spyOn(RegExp.prototype, 'exec');
    parseMagnet(text, { maxLength: Infinity });
    let characters = 0;
    for (const [index, { value }] of indexOf.mock.results.entries()) {
      const from = indexOf.mock.calls[index]?.[1] ?? 0;
      const end = value === -1 ? String(indexOf.mock.contexts[index]).length : Number(value) + 1;
      characters += end - from;
    }
    for (const { value } of slice.mock.results) characters += String(value).length;
    for (const [subject] of exec.mock.calls) characters += subject.length;
    vi.restoreAllMocks();
    return characters;
  }

  it.each([
    '&',
    '%',
    '&tr=',
    '&tr=%',
    '&a',
    '=',
    '&=',
    'amp;',
    '&amp;',
    '&x.pe=a',
    ',',
    '&so=1-',
    '&xt=',
    ' ',
    '+',
  ])('takes work in proportion to its length when made of %j', (part) => {
    const small = work(`${LINK}&so=${part.repeat(2000)}.`);
    const large = work(`${LINK}&so=${part.repeat(20_000)}.`);
    expect(large).toBeGreaterThan(0);
    expect(large).toBeLessThan(small * 10.5);
  });

  it('is refused unread when it is of a megabyte', () => {
    const exec = vi.spyOn(RegExp.prototype, 'exec');
    const indexOf = vi.spyOn(String.prototype, 'indexOf');
    for (const part of ['&', '%', 'tr=', ' ']) {
      expect(failure(`magnet:?${part.repeat(2 ** 20)}`)).toMatchObject({ code: 'MAGNET_TOO_LONG' });
    }
    const looked = [...exec.mock.calls.map(([subject]) => subject), ...indexOf.mock.contexts.map(String)];
    expect(looked.filter((subject) => subject.length >= 2 ** 20)).toEqual([]);
  });
});
