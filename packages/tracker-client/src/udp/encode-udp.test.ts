import { infoHash, type InfoHash } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import type { AnnounceRequest } from '../announce.ts';
import { REQUEST } from '../testing/sample.ts';
import { encodeUdpAnnounce, encodeUdpConnect, encodeUdpScrape } from './encode-udp.ts';
import { viewOf } from './udp-packet.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const HEAD = { connectionId: 0x0123_4567_89ab_cdefn, transactionId: 0xfedc_ba98 };

function announceView(part: Partial<AnnounceRequest>): DataView {
  return viewOf(encodeUdpAnnounce(HEAD, { ...REQUEST, ...part }));
}

function hashes(count: number): InfoHash[] {
  return Array.from({ length: count }, (_, index) => infoHash(new Uint8Array(20).fill(index)));
}

describe('encodeUdpConnect()', () => {
  it('writes the number of the protocol, the action and the transaction id', () => {
    expect(hex(encodeUdpConnect(0xfedc_ba98))).toBe('000004172710198000000000fedcba98');
  });

  it.each([-1, 2 ** 32, 0.5, Number.NaN])('refuses transaction id %d', (id) => {
    expect(() => encodeUdpConnect(id)).toThrow(RangeError);
  });
});

describe('encodeUdpAnnounce()', () => {
  it('writes every field where it belongs', () => {
    const packet = encodeUdpAnnounce(HEAD, {
      ...REQUEST,
      uploaded: 0x1_0000_0002,
      downloaded: Number.MAX_SAFE_INTEGER,
      left: 3,
      event: 'started',
      key: 0xdead_beef,
      numWant: 80,
      ip: '192.0.2.7',
    });
    expect(packet).toHaveLength(98);
    expect(hex(packet.subarray(0, 16))).toBe('0123456789abcdef00000001fedcba98');
    expect(packet.subarray(16, 36)).toEqual(REQUEST.infoHash);
    expect(packet.subarray(36, 56)).toEqual(REQUEST.peerId);
    expect(hex(packet.subarray(56, 80))).toBe('001fffffffffffff00000000000000030000000100000002');
    expect(hex(packet.subarray(80))).toBe('00000002c0000207deadbeef000000501ae1');
  });

  it('leaves to the tracker what the caller does not say', () => {
    const packet = encodeUdpAnnounce(HEAD, REQUEST);
    expect(hex(packet.subarray(80))).toBe('000000000000000000000000ffffffff1ae1');
  });

  it.each([
    ['completed', 1],
    ['started', 2],
    ['stopped', 3],
  ] as const)('numbers the event %s', (event, expected) => {
    expect(announceView({ event }).getUint32(80)).toBe(expected);
  });

  it('tells an address only if it is of IPv4', () => {
    for (const ip of ['2001:db8::1', 'host.example']) expect(announceView({ ip }).getUint32(84)).toBe(0);
  });

  it('never asks for a number of peers that counts as negative', () => {
    expect(announceView({ numWant: 2 ** 40 }).getInt32(92)).toBe(2 ** 31 - 1);
  });

  it('adds path and query', () => {
    const packet = encodeUdpAnnounce(HEAD, REQUEST, '/a?k');
    expect(hex(packet.subarray(98))).toBe('02042f613f6b00');
  });

  it.each([
    { port: 0 },
    { left: -1 },
    { uploaded: 0.5 },
    { key: 2 ** 32 },
    { numWant: -1 },
    { infoHash: new Uint8Array(19) as InfoHash },
  ])('refuses %j', (part) => {
    expect(() => announceView(part)).toThrow(RangeError);
  });

  it('refuses an event that is none', () => {
    expect(() => announceView({ event: 'paused' as 'stopped' })).toThrow(TypeError);
  });

  it.each([-1n, 2n ** 64n])('refuses connection id %s', (connectionId) => {
    expect(() => encodeUdpAnnounce({ ...HEAD, connectionId }, REQUEST)).toThrow(RangeError);
  });
});

describe('encodeUdpScrape()', () => {
  it('writes 1 to 74 hashes', () => {
    expect(hex(encodeUdpScrape(HEAD, hashes(1)))).toBe(`0123456789abcdef00000002fedcba98${'00'.repeat(20)}`);
    const most = encodeUdpScrape(HEAD, hashes(74));
    expect(most).toHaveLength(16 + 74 * 20);
    expect(most.subarray(-20)).toEqual(new Uint8Array(20).fill(73));
  });

  it.each([0, 75])('refuses %d of them', (count) => {
    expect(() => encodeUdpScrape(HEAD, hashes(count))).toThrow(RangeError);
  });

  it('refuses a hash of another length', () => {
    expect(() => encodeUdpScrape(HEAD, [new Uint8Array(32) as InfoHash])).toThrow(RangeError);
  });
});
