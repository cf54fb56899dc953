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
