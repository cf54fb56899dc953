import { describe, expect, it } from 'vitest';
import { encodeMessage, encodePieceHeader, putRequest } from './encode.ts';
import { MESSAGE_ID, type PeerMessage } from './message.ts';
import { concat, counting, toHex } from './testing/messages.ts';

const request = { type: 'request', index: 1, begin: 2, length: 3 } as const;

describe('encodeMessage', () => {
  it.each<[PeerMessage, string]>([
    [{ type: 'keepAlive' }, '00000000'],
    [{ type: 'choke' }, '0000000100'],
    [{ type: 'unchoke' }, '0000000101'],
    [{ type: 'interested' }, '0000000102'],
    [{ type: 'notInterested' }, '0000000103'],
    [{ type: 'have', index: 0xfffffffe }, '0000000504fffffffe'],
    [{ type: 'bitfield', bits: Uint8Array.of(0xf0, 0x80) }, '0000000305f080'],
    [request, '0000000d06000000010000000200000003'],
    [
      { type: 'piece', index: 1, begin: 0x80000000, length: 2, block: counting(2, 9) },
      '0000000b070000000180000000090a',
    ],
    [{ ...request, type: 'cancel' }, '0000000d08000000010000000200000003'],
    [{ type: 'suggest', index: 0xfffffffe }, '000000050dfffffffe'],
    [{ type: 'haveAll' }, '000000010e'],
    [{ type: 'haveNone' }, '000000010f'],
    [{ ...request, type: 'reject' }, '0000000d10000000010000000200000003'],
    [{ type: 'allowedFast', index: 1 }, '000000051100000001'],
    [{ type: 'extended', id: 3, payload: counting(2, 5) }, '0000000414030506'],
    [{ type: 'extended', id: 0, payload: counting(0) }, '000000021400'],
    [{ type: 'port', port: 6881 }, '00000003091ae1'],
    [{ type: 'unknown', id: 21, payload: counting(3) }, '0000000415000102'],
    [{ type: 'unknown', id: 255, payload: counting(0) }, '00000001ff'],
  ])('writes %j', (message, hex) => {
    expect(toHex(encodeMessage(message))).toBe(hex);
  });

  it('does not encode a block that is not there, or not of its length', () => {
    const piece = { type: 'piece', index: 0, begin: 0, length: 2 } as const;
    for (const block of [undefined, counting(1), counting(3)]) {
      expect(() => encodeMessage({ ...piece, block })).toThrowError(RangeError);
    }
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 32])('does not cut %d to 32 bits', (value) => {
    expect(() => encodeMessage({ type: 'have', index: value })).toThrowError(RangeError);
    expect(() => encodeMessage({ ...request, length: value })).toThrowError(RangeError);
    expect(() => encodePieceHeader(0, value, 0)).toThrowError(RangeError);
  });

  it.each([-1, 0.5, 0x1_0000])('does not cut the port %d to 16 bits', (port) => {
    expect(() => encodeMessage({ type: 'port', port })).toThrowError(RangeError);
  });

  it.each([-1, 256, 1.5])('does not cut the id %d to a byte', (id) => {
    expect(() => encodeMessage({ type: 'unknown', id, payload: counting(0) })).toThrowError(RangeError);
  });
});

describe('encodePieceHeader', () => {
  it('and the block make what encodeMessage() makes', () => {
    const block = counting(300);
    const whole = encodeMessage({ type: 'piece', index: 7, begin: 0xffff0000, length: 300, block });
    expect(concat(encodePieceHeader(7, 0xffff0000, 300), block)).toEqual(whole);
  });
});

describe('putRequest', () => {
  it('writes a request into memory that is there', () => {
    const target = new Uint8Array(20);
    putRequest(target, 2, MESSAGE_ID.request, 1, 2, 3);
    expect(target).toEqual(concat(new Uint8Array(2), encodeMessage(request), new Uint8Array(1)));
  });
});
