import { encode, raw, type Encodable } from '@millrace/bencode';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCompactPeers, decodeCompactPeers6 } from './compact-peers.ts';
import { decodeAnnounceResponse } from './decode-announce-response.ts';
import { TrackerError } from './error.ts';
import { asBytes } from './testing/bytes.ts';
import { ANSWER } from './testing/sample.ts';

type Fields = Readonly<Record<string, Encodable>>;

function decodeFields(fields: Fields, maxPeers = 500): ReturnType<typeof decodeAnnounceResponse> {
  return decodeAnnounceResponse(encode({ interval: 900, peers: '', ...fields }), { maxPeers });
}

const integer = (digits: string): Encodable => raw(asBytes(`i${digits}e`));
const peer = (ip: Encodable, port: Encodable): Encodable => ({ 'peer id': 'x'.repeat(20), ip, port });

describe('decodeAnnounceResponse()', () => {
  it('reads every field', () => {
    const fields = {
      complete: 3,
      incomplete: 4,
      downloaded: 5,
      'min interval': 120,
      'tracker id': Uint8Array.of(0, 255),
      'warning message': 'slow down',
      'external ip': Uint8Array.of(192, 0, 2, 1),
      peers: Uint8Array.of(192, 0, 2, 7, 0x1a, 0xe1),
      peers6: asBytes(`\x20\x01\x0d\xb8${'\0'.repeat(11)}\x07\x1a\xe2`),
    };
    expect(decodeFields(fields)).toEqual({
      peers: [
        { host: '192.0.2.7', port: 6881 },
        { host: '2001:db8::7', port: 6882 },
      ],
      intervalMs: 900_000,
      minIntervalMs: 120_000,
      seeders: 3,
      leechers: 4,
      downloads: 5,
      trackerId: Uint8Array.of(0, 255),
      warning: 'slow down',
      externalAddress: '192.0.2.1',
      issues: [],
    });
  });

  it('gives away no view of the answer, and no Buffer', () => {
    const body = Buffer.from(encode({ interval: 900, peers: '', 'tracker id': 'abc' }));
    const { trackerId } = decodeAnnounceResponse(body);
    body.fill(0);
    expect(trackerId).toEqual(asBytes('abc'));
    expect(trackerId?.constructor).toBe(Uint8Array);
  });

  it.each<[number | string | Encodable, number, string | undefined]>([
    [1_800, 1_800_000, undefined],
    [60, 60_000, undefined],
    [86_400, 86_400_000, undefined],
    [59, 60_000, 'CLAMPED'],
    [1, 60_000, 'CLAMPED'],
    [0, 60_000, 'CLAMPED'],
    [-1, 60_000, 'CLAMPED'],
    [86_401, 86_400_000, 'CLAMPED'],
    [2 ** 31, 86_400_000, 'CLAMPED'],
    [2 ** 32, 86_400_000, 'CLAMPED'],
    [integer('1000000000000000000'), 86_400_000, 'CLAMPED'],
    [integer('-1000000000000000000'), 60_000, 'CLAMPED'],
    ['x', 1_800_000, 'INVALID_FIELD'],
    ['900', 1_800_000, 'INVALID_FIELD'],
    [[900], 1_800_000, 'INVALID_FIELD'],
  ])('takes the interval %j as %i ms', (interval, intervalMs, code) => {
    const response = decodeFields({ interval });
    expect(response.intervalMs).toBe(intervalMs);
    expect(response.issues).toEqual(code === undefined ? [] : [{ code, field: 'interval' }]);
  });

  it('does without interval and peers', () => {
    expect(decodeAnnounceResponse(asBytes('de'))).toEqual({
      peers: [],
      intervalMs: 1_800_000,
      issues: [
        { code: 'MISSING_FIELD', field: 'peers' },
        { code: 'MISSING_FIELD', field: 'interval' },
      ],
    });
  });

  it.each<[string, Encodable]>([
    ['min interval', 'soon'],
    ['complete', -1],
    ['incomplete', 'many'],
    ['downloaded', integer('9999999999999999999')],
    ['tracker id', 7],
    ['tracker id', new Uint8Array(1_025)],
    ['warning message', 7],
    ['external ip', '192.0.2.1'],
    ['external ip', 7],
    ['peers', 7],
    ['peers6', {}],
    ['peers', { 0: peer('192.0.2.7', 1) }],
  ])('does without %s when it is %j', (field, value) => {
    const { issues, ...response } = decodeFields({ [field]: value });
    expect(response).toEqual({ peers: [], intervalMs: 900_000 });
    expect(issues).toEqual([{ code: 'INVALID_FIELD', field }]);
  });

  it('takes a tracker id of 1 KiB', () => {
    expect(decodeFields({ 'tracker id': new Uint8Array(1_024) }).trackerId).toHaveLength(1_024);
  });

  it('cuts a warning, and makes text of what is none', () => {
    expect(decodeFields({ 'warning message': '\u{1F600}'.repeat(10_000) }).warning).toBe(
      `${'\u{1F600}'.repeat(256)}…`,
    );
    expect(decodeFields({ 'warning message': Uint8Array.of(0xff) }).warning).toBe('\uFFFD');
  });

  it('keeps the whole entries of a list that is cut', () => {
    const { peers, issues } = decodeFields({ peers: Uint8Array.of(192, 0, 2, 7, 0x1a, 0xe1, 9) });
    expect(peers).toHaveLength(1);
    expect(issues).toEqual([{ code: 'PARTIAL_PEER', field: 'peers', byteCount: 1 }]);
  });

  it('names each peer once, in whichever form it comes', () => {
    const mapped = asBytes(`${'\0'.repeat(10)}\xff\xff\xc0\0\x02\x07\x1a\xe1`);
    const compact = Uint8Array.of(192, 0, 2, 7, 0x1a, 0xe1);
    expect(decodeFields({ peers: Uint8Array.of(...compact, ...compact), peers6: mapped })).toMatchObject({
      peers: [{ host: '192.0.2.7', port: 6881 }],
      issues: [],
    });
  });

  it('reads the old form, and leaves out who cannot be reached', () => {
    const { peers, issues } = decodeFields({
      peers: [
        peer('192.0.2.7', 6881),
        peer('2001:DB8::7', 1),
        peer('::ffff:192.0.2.8', 2),
        peer('Peer.example', 65_535),
        peer('192.0.2.9', 0),
        peer('192.0.2.9', 65_536),
        peer('192.0.2.9', -1),
        peer('192.0.2.9', 69_691_337),
        peer('192.0.2.9', '80'),
        peer('0.0.0.0', 1),
        peer('255.255.255.255', 1),
        peer('224.0.0.1', 1),
        peer('ff02::1', 1),
        peer('127.1', 1),
        peer('a\u001B[2J', 1),
        peer('', 1),
        peer(7, 1),
        peer('x'.repeat(300), 1),
        { ip: '192.0.2.9' },
        { port: 1 },
        'peer',
        7,
        [],
      ],
    });
    expect(peers).toEqual([
      { host: '192.0.2.7', port: 6881 },
      { host: '2001:db8::7', port: 1 },
      { host: '192.0.2.8', port: 2 },
      { host: 'peer.example', port: 65_535 },
    ]);
    expect(issues).toEqual([{ code: 'PEERS_DROPPED', count: 19 }]);
  });

  it('takes 16 names and no more', () => {
    const { peers } = decodeFields({
      peers: Array.from({ length: 40 }, (_, index) => peer(`p${index}.example`, 1)),
    });
    expect(peers).toHaveLength(16);
  });

  it.each([0, 1, 499, 500, 501, 5_000, 100_000])('takes at most 500 of %i peers', (count) => {
    const list = new Uint8Array(count * 6);
    for (let index = 0; index < count; index += 1)
      list.set([1 + (index >>> 16), index >>> 8, index, 1, 1, 1], index * 6);
    const { peers, issues } = decodeFields({ peers: list });
    expect(peers).toHaveLength(Math.min(count, 500));
    expect(issues).toEqual(count > 500 ? [{ code: 'TOO_MANY_PEERS', count: count - 500 }] : []);
  });

  it('takes none if none are wanted', () => {
    expect(decodeAnnounceResponse(asBytes(ANSWER), { maxPeers: 0 }).peers).toEqual([]);
    expect(() => decodeAnnounceResponse(asBytes(ANSWER), { maxPeers: -1 })).toThrow(RangeError);
  });

  it('reads bencode that is not canonical, and says so', () => {
    expect(decodeAnnounceResponse(asBytes('d5:peers0:8:intervali0900ee\n'))).toEqual({
      peers: [],
      intervalMs: 900_000,
      issues: [
        { code: 'NOT_CANONICAL', offset: 10 },
        { code: 'TRAILING_BYTES', count: 1 },
      ],
    });
  });

  it('refuses every cut of an answer', () => {
    for (let cut = 0; cut < ANSWER.length; cut += 1) {
      expect(() => decodeAnnounceResponse(asBytes(ANSWER.slice(0, cut)))).toThrow(
        expect.objectContaining({
          code: 'MALFORMED',
          cause: expect.objectContaining({ name: 'BencodeError' }),
        }),
      );
    }
  });

  it('keeps the passkey out of a failure that repeats it', () => {
    const tracker = 'https://user:secret99@t.example/0123456789abcdef/announce?torrent_pass=fedcba98';
    const body = encode({
      'failure reason': `${'x'.repeat(250)}0123456789abcdef fedcba98 secret99\u001B[2J`,
    });
    const decoding = (): unknown => decodeAnnounceResponse(body, { tracker });
    expect(decoding).toThrow(
      expect.objectContaining({ code: 'FAILURE', tracker: 'https://t.example/…/announce?…' }),
    );
    expect(decoding).toThrow(
      /^Cannot ask tracker "https:\/\/t\.example\/…\/announce\?…": it answered "x{250}… … …\\u\{1b\}…"$/,
    );
  });

  it.each<[Encodable, unknown]>([
    [5, 300_000],
    ['5', 300_000],
    ['never', 'never'],
    [0, undefined],
    [-5, undefined],
    ['soon', undefined],
    [[], undefined],
    [2 ** 50, 2 ** 31 - 1],
    ['999999999999999', 2 ** 31 - 1],
  ])('reads the retry time %j', (value, retryMs) => {
    const body = encode({ 'failure reason': 'x', 'retry in': value });
    expect(() => decodeAnnounceResponse(body)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ retryMs }) }),
    );
  });

  it('throws nothing but TrackerError, whatever the bytes', () => {
    const seeded = fc
      .tuple(fc.nat(ANSWER.length), fc.string({ unit: 'binary-ascii', maxLength: 8 }))
      .map(([at, text]) => asBytes(ANSWER.slice(0, at) + text + ANSWER.slice(at)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), seeded), (bytes) => {
        try {
          decodeAnnounceResponse(bytes);
        } catch (error) {
          expect(TrackerError.is(error)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('throws nothing but TrackerError, whatever the fields', () => {
    const names = [
      'interval',
      'min interval',
      'peers',
      'peers6',
      'complete',
      'tracker id',
      'warning message',
      'external ip',
      'failure reason',
      'retry in',
      '__proto__',
    ];
    const { value } = fc.letrec<{ value: Encodable }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.integer(),
        fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
        fc.uint8Array(),
        fc.string({ unit: 'grapheme' }),
        fc.array(tie('value')),
        fc.dictionary(fc.constantFrom('ip', 'port'), tie('value')),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), (fields) => {
        try {
          const { peers, intervalMs, minIntervalMs = 60_000 } = decodeAnnounceResponse(encode(fields));
          expect(Math.min(intervalMs, minIntervalMs)).toBeGreaterThanOrEqual(60_000);
          expect(Math.max(intervalMs, minIntervalMs)).toBeLessThanOrEqual(86_400_000);
          for (const { port } of peers) expect(port > 0 && port < 65_536).toBe(true);
        } catch (error) {
          if (!TrackerError.is(error)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('decodeCompactPeers()', () => {
  it('reads whole entries of both families, and leaves out port 0 and addresses of no peer', () => {
    const v4 = Uint8Array.of(192, 0, 2, 7, 0, 80, 192, 0, 2, 8, 0, 0, 0, 0, 0, 0, 0, 80, 1, 2, 3);
    expect(decodeCompactPeers(v4)).toEqual([{ host: '192.0.2.7', port: 80 }]);
    const v6 = asBytes(`${'\0'.repeat(15)}\x01\0\x50${'\xff'.repeat(16)}\0\x50\0`);
    expect(decodeCompactPeers6(v6)).toEqual([{ host: '::1', port: 80 }]);
  });

  it('reads back what was written, for every byte', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 223 }),
        fc.uint8Array({ minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 65_535 }),
        (first, rest, port) => {
          const bytes = Uint8Array.of(first, ...rest, port >>> 8, port & 0xff);
          expect(decodeCompactPeers(bytes)).toEqual([{ host: [first, ...rest].join('.'), port }]);
        },
      ),
    );
  });
});
