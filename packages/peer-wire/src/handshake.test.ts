import { describe, expect, it } from 'vitest';
import {
  HANDSHAKE_LENGTH,
  HandshakeDecoder,
  RESERVED_BIT,
  decodeHandshake,
  encodeHandshake,
  hasReservedBit,
  reservedBytes,
} from './handshake.ts';
import { concat, counting, handshakeOf, toHex } from './testing/messages.ts';

const ZEROS = '00'.repeat(8);
const PREAMBLE = '13426974546f7272656e742070726f746f636f6c';

describe('encodeHandshake', () => {
  it('writes the 68 bytes that BEP 3 asks for', () => {
    const bytes = encodeHandshake(handshakeOf(0xab, 0xcd));
    expect(bytes).toHaveLength(HANDSHAKE_LENGTH);
    expect(toHex(bytes)).toBe(PREAMBLE + ZEROS + 'ab'.repeat(20) + 'cd'.repeat(20));
  });

  it('writes reserved bytes as they are, and refuses any but 8', () => {
    const handshake = { ...handshakeOf(1, 2), reserved: counting(8, 0xf0) };
    expect(encodeHandshake(handshake).subarray(20, 28)).toEqual(counting(8, 0xf0));
    for (const length of [0, 7, 9]) {
      const wrong = { ...handshake, reserved: new Uint8Array(length) };
      expect(() => encodeHandshake(wrong)).toThrowError(RangeError);
    }
  });
});

describe('decodeHandshake', () => {
  it('inverts encodeHandshake()', () => {
    const handshake = { ...handshakeOf(1, 2), reserved: counting(8, 0xf0) };
    expect(decodeHandshake(encodeHandshake(handshake))).toEqual(handshake);
  });

  it('copies', () => {
    const bytes = encodeHandshake(handshakeOf(1, 2));
    const handshake = decodeHandshake(bytes);
    bytes.fill(0xff);
    expect(handshake).toEqual(handshakeOf(1, 2));
  });

  it('does not take any but 68 bytes', () => {
    for (const length of [0, 67, 69]) {
      expect(() => decodeHandshake(new Uint8Array(length))).toThrowError(RangeError);
    }
  });

  it('refuses a wrong byte anywhere in the preamble', () => {
    for (let at = 0; at < 20; at += 1) {
      const bytes = encodeHandshake(handshakeOf(1, 2));
      bytes[at] = (bytes[at] ?? 0) ^ 0x20;
      expect(() => decodeHandshake(bytes)).toThrowError(expect.objectContaining({ code: 'NOT_BITTORRENT' }));
    }
  });
});

describe('HandshakeDecoder', () => {
  it('collects a handshake however it is cut, and leaves what follows', () => {
    const stream = concat(encodeHandshake(handshakeOf(1, 2)), counting(9));
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const decoder = new HandshakeDecoder();
      const first = decoder.push(stream.subarray(0, cut));
      expect(first).toBe(Math.min(cut, HANDSHAKE_LENGTH));
      expect(decoder.take() === undefined).toBe(cut < HANDSHAKE_LENGTH);
      expect(first + decoder.push(stream.subarray(cut))).toBe(HANDSHAKE_LENGTH);
      expect(decoder.take()).toEqual(handshakeOf(1, 2));
    }
  });

  it.each([
    ['GET / HTTP/1.1', 1],
    ['\u0013BitTorrent Protocol', 13],
    ['\u0014BitTorrent protocol', 1],
  ])('refuses %j at its wrong byte, without waiting for the rest', (text, wrongAt) => {
    const decoder = new HandshakeDecoder();
    const bytes = Uint8Array.from(text, (unit) => unit.charCodeAt(0));
    for (let at = 0; at < wrongAt - 1; at += 1) decoder.push(bytes.subarray(at, at + 1));
    const rest = bytes.subarray(wrongAt - 1, wrongAt);
    expect(() => decoder.push(rest)).toThrowError(expect.objectContaining({ code: 'NOT_BITTORRENT' }));
    expect(() => decoder.push(new Uint8Array(0))).toThrowError(
      expect.objectContaining({ code: 'NOT_BITTORRENT' }),
    );
  });
});

describe('reservedBytes', () => {
  it.each([
    ['extensionProtocol', '0000000000100000'],
    ['fastExtension', '0000000000000004'],
    ['dht', '0000000000000001'],
  ] as const)('sets the bit of %s', (name, hex) => {
    const reserved = reservedBytes(RESERVED_BIT[name]);
    expect(toHex(reserved)).toBe(hex);
    expect(hasReservedBit(reserved, RESERVED_BIT[name])).toBe(true);
    expect(hasReservedBit(reservedBytes(), RESERVED_BIT[name])).toBe(false);
  });

  it('sets several', () => {
    expect(toHex(reservedBytes(...Object.values(RESERVED_BIT)))).toBe('0000000000100005');
  });
});
