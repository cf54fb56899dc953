import { describe, expect, it } from 'vitest';
import { PeerWireError, type PeerWireErrorDetail } from './error.ts';

describe('PeerWireError', () => {
  it.each<[PeerWireErrorDetail, string]>([
    [
      { code: 'MESSAGE_TOO_LONG', length: 2 ** 32 - 1, maxLength: 262_145 },
      'Cannot read message: length 4294967295 exceeds 262145 bytes',
    ],
    [
      { code: 'MESSAGE_LENGTH', id: 4, length: 4, expected: 5 },
      'Cannot read message 4: length is 4 bytes, expected 5',
    ],
    [
      { code: 'PIECE_OUT_OF_RANGE', index: 9, pieceCount: 9 },
      'Cannot read message: piece is 9, expected less than 9',
    ],
    [
      { code: 'NOT_NEGOTIATED', id: 14 },
      'Cannot read message 14: it needs an extension, expected both sides to offer it',
    ],
    [
      { code: 'MALFORMED_EXTENSION', extension: 'ut\u001b_pex' },
      'Cannot read message of "ut\\u001b_pex": it is malformed, expected the form of its extension',
    ],
    [
      { code: 'INVALID_METADATA', field: 'total_size', value: 5, expected: 3425 },
      'Cannot take metadata: total_size is 5, expected 3425',
    ],
    [
      { code: 'INVALID_METADATA', field: 'piece', value: 5, expected: undefined },
      'Cannot take metadata: piece is 5, expected one that was asked for',
    ],
    [
      { code: 'METADATA_HASH_MISMATCH', length: 7 },
      'Cannot take metadata: 7 bytes from one peer have another hash, expected the info hash',
    ],
    [{ code: 'TIMED_OUT', phase: 'connecting', idleMs: 10.4 }, 'Cannot connect: no answer for 10 ms'],
    [
      { code: 'TIMED_OUT', phase: 'handshaking', idleMs: 1 },
      'Cannot shake hands: no whole handshake for 1 ms',
    ],
    [{ code: 'TIMED_OUT', phase: 'open', idleMs: 1 }, 'Cannot keep connection: no message for 1 ms'],
    [{ code: 'CLOSED_BY_PEER', phase: 'open' }, 'Cannot keep connection: the peer closed the connection'],
  ])('says %j', (detail, message) => {
    const error = new PeerWireError(detail);
    expect(error.message).toBe(message);
    expect(error.code).toBe(detail.code);
    expect(error.detail).toBe(detail);
  });

  it('keeps its cause', () => {
    const cause = new Error('the system says no');
    expect(new PeerWireError({ code: 'NOT_CONNECTED' }, { cause }).cause).toBe(cause);
  });

  it('is told apart, also when another copy of the package made it', () => {
    const brand = Symbol.for('@millrace/peer-wire/PeerWireError');
    expect(PeerWireError.is(new PeerWireError({ code: 'NOT_BITTORRENT' }))).toBe(true);
    expect(PeerWireError.is(Object.assign(new Error('theirs'), { [brand]: true }))).toBe(true);
    for (const other of [new Error('no'), null, undefined, 'NOT_BITTORRENT', {}]) {
      expect(PeerWireError.is(other)).toBe(false);
    }
  });
});
