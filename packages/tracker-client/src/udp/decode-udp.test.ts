import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrackerError } from '../error.ts';
import { announceAnswer, connectAnswer, udpPacket } from '../testing/udp-packets.ts';
import { decodeUdpAnnounce, decodeUdpConnect, decodeUdpScrape } from './decode-udp.ts';

const ID = 0xfedc_ba98;
const TRACKER = 'udp://t.example:1/0123456789/announce';
const OPTIONS = { transactionId: ID, tracker: TRACKER };
const IPV4 = { ...OPTIONS, family: 4 } as const;
const IPV6 = { ...OPTIONS, family: 6 } as const;

const DECODERS = [
  ['connect', 0, 16, (packet: Uint8Array) => decodeUdpConnect(packet, OPTIONS)],
  ['announce', 1, 20, (packet: Uint8Array) => decodeUdpAnnounce(packet, IPV4)],
  ['announce by IPv6', 1, 20, (packet: Uint8Array) => decodeUdpAnnounce(packet, IPV6)],
  ['scrape', 2, 32, (packet: Uint8Array) => decodeUdpScrape(packet, 2, OPTIONS)],
] as const;

describe.each(DECODERS)('an answer to %s', (_name, action, minLength, decode) => {
  const whole = udpPacket(action, ID, new Uint8Array(minLength - 8));

  it('is read, also with bytes after it that no one knows yet', () => {
    expect(decode(whole)).toBeDefined();
    expect(decode(udpPacket(whole, 1, 2, 3))).toBeDefined();
  });

  it('is refused at every length below its own', () => {
    for (let length = 0; length < minLength; length += 1) {
      expect(() => decode(whole.subarray(0, length))).toThrow(
        expect.objectContaining({
          detail: {
            code: 'MALFORMED_PACKET',
            tracker: 'udp://t.example:1/…/announce',
            field: 'length',
            found: length,
            expected: minLength,
          },
        }),
      );
    }
  });

  it('is refused with another transaction id', () => {
    expect(() => decode(udpPacket(action, 7, whole.subarray(8)))).toThrow(
      expect.objectContaining({
        detail: expect.objectContaining({ field: 'transactionId', found: 7, expected: ID }),
      }),
    );
  });

  it.each([0, 1, 2, 4, 0xffff_ffff])('is refused with action %d, unless that is its own', (other) => {
    if (other === action) return;
    expect(() => decode(udpPacket(other, ID, whole.subarray(8)))).toThrow(
      `the packet it answered with has action ${other}, expected ${action}`,
    );
  });

  it("is a failure if the tracker says so, without its user's passkey and in bounds", () => {
    expect(() => decode(udpPacket(3, ID, `no such key: 0123456789 ${'x'.repeat(5_000)}`))).toThrow(
      expect.objectContaining({
        detail: {
          code: 'FAILURE',
          tracker: 'udp://t.example:1/…/announce',
          reason: expect.stringMatching(/^no such key: … x{200,250}…$/),
          retryMs: undefined,
          status: undefined,
        },
      }),
    );
    expect(() => decode(udpPacket(3, ID))).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ code: 'FAILURE', reason: '' }) }),
    );
    expect(() => decode(udpPacket(3, ID, Uint8Array.of(0xff, 0x1b)))).toThrow(
      /it answered "\uFFFD\\u\{1b\}"$/,
    );
  });

  it('is read or refused with a TrackerError, whatever it is', () => {
    const packets = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.nat(4), fc.uint8Array({ maxLength: 200 }))
        .map(([otherAction, rest]) => udpPacket(otherAction, ID, rest)),
    );
    fc.assert(
      fc.property(packets, (packet) => {
        try {
          decode(packet);
        } catch (error) {
          expect(error).toBeInstanceOf(TrackerError);
        }
      }),
    );
  });
});

describe('decodeUdpConnect()', () => {
  it('reads all 64 bits', () => {
    expect(decodeUdpConnect(udpPacket(0, ID, 0xffff_fffe, 0x8000_0001), OPTIONS)).toBe(
      0xffff_fffe_8000_0001n,
    );
    expect(decodeUdpConnect(connectAnswer(ID, 5), OPTIONS)).toBe(5n);
  });
});

describe('decodeUdpAnnounce()', () => {
  it('reads counts and peers of IPv4', () => {
    expect(decodeUdpAnnounce(announceAnswer(ID), IPV4)).toEqual({
      peers: [{ host: '192.0.2.7', port: 6881 }],
      intervalMs: 900_000,
      leechers: 2,
      seeders: 3,
      issues: [],
    });
  });

  it('reads peers of IPv6, 18 bytes each', () => {
    const peer = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x1a, 0xe1);
    const { peers, issues } = decodeUdpAnnounce(announceAnswer(ID, udpPacket(peer, peer)), IPV6);
    expect(peers).toEqual([{ host: '2001:db8::7', port: 6881 }]);
    expect(issues).toEqual([]);
  });

  it('reads counts as unsigned and moves the interval into its bounds', () => {
    const { intervalMs, leechers, seeders, issues } = decodeUdpAnnounce(
      udpPacket(1, ID, 0xffff_ffff, 0xffff_fffe, 0x8000_0000),
      IPV4,
    );
    expect({ intervalMs, leechers, seeders }).toEqual({
      intervalMs: 86_400_000,
      leechers: 0xffff_fffe,
      seeders: 0x8000_0000,
    });
    expect(issues).toEqual([{ code: 'CLAMPED', field: 'interval' }]);
    expect(decodeUdpAnnounce(udpPacket(1, ID, 0, 0, 0), IPV4).intervalMs).toBe(60_000);
  });

  it('drops peers nobody can be reached at, and one that is cut', () => {
    const list = Uint8Array.of(
      1,
      2,
      3,
      4,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      224,
      0,
      0,
      1,
      0,
      1,
      9,
      9,
      9,
      9,
      0,
      9,
      1,
      2,
      3,
    );
    const { peers, issues } = decodeUdpAnnounce(announceAnswer(ID, list), IPV4);
    expect(peers).toEqual([{ host: '9.9.9.9', port: 9 }]);
    expect(issues).toEqual([
      { code: 'PARTIAL_PEER', field: 'peers', byteCount: 3 },
      { code: 'PEERS_DROPPED', count: 3 },
    ]);
  });

  it('takes no more peers than it may', () => {
    const list = Uint8Array.from({ length: 6 * 10_000 }, (_, index) => (index % 6 === 3 ? index / 6 : 1));
    const { peers, issues } = decodeUdpAnnounce(announceAnswer(ID, list), { ...IPV4, maxPeers: 5 });
    expect(peers).toHaveLength(5);
    expect(issues).toEqual([{ code: 'TOO_MANY_PEERS', count: 9_995 }]);
  });

  it.each([-1, 0.5])('refuses maxPeers %d', (maxPeers) => {
    expect(() => decodeUdpAnnounce(announceAnswer(ID), { ...IPV4, maxPeers })).toThrow(RangeError);
  });

  it('reads a packet that begins in the middle of its buffer, and keeps no view of it', () => {
    const buffer = udpPacket(1, announceAnswer(ID));
    const answer = decodeUdpAnnounce(buffer.subarray(4), IPV4);
    buffer.fill(0xff);
    expect(answer.peers).toEqual([{ host: '192.0.2.7', port: 6881 }]);
  });
});

describe('decodeUdpScrape()', () => {
  it('reads seeders, downloads and leechers, in this order', () => {
    expect(decodeUdpScrape(udpPacket(2, ID, 1, 2, 3, 4, 5, 0xffff_ffff), 2, OPTIONS)).toEqual([
      { seeders: 1, downloads: 2, leechers: 3 },
      { seeders: 4, downloads: 5, leechers: 0xffff_ffff },
    ]);
  });
});
