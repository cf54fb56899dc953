import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bareLength } from '../core/answer-room.ts';
import { DhtError } from '../error.ts';
import { ascii, toText } from '../testing/bytes.ts';
import { messages } from '../testing/messages.ts';
import { decodeMessage, readMessage } from './decode.ts';
import { encodeAnswer, encodeError, encodeQuery } from './encode.ts';
import type { KrpcQuery } from './message.ts';

const ID = ascii('abcdefghij0123456789');
const TARGET = ascii('mnopqrstuvwxyz123456');
const TO = { ip: Uint8Array.of(192, 0, 2, 1), port: 6881 };
const TRANSACTION = ascii('aa');

describe('encodeQuery()', () => {
  it.each<[KrpcQuery, string]>([
    [{ method: 'ping' }, 'd1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe'],
    [
      { method: 'find_node', target: TARGET },
      'd1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe',
    ],
    [
      { method: 'get_peers', infoHash: TARGET },
      'd1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe',
    ],
    [
      {
        method: 'announce_peer',
        infoHash: TARGET,
        port: 6881,
        impliedPort: true,
        seed: false,
        token: ascii('aoeusnth'),
      },
      'd1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e' +
        '5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe',
    ],
    [
      { method: 'find_node', target: TARGET, want: [4, 6] },
      'd1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz1234564:wantl2:n42:n6ee1:q9:find_node1:t2:aa1:y1:qe',
    ],
  ])('writes %j as the BEPs do', (query, packet) => {
    expect(toText(encodeQuery(query, { transactionId: TRANSACTION, id: ID }))).toBe(packet);
  });

  it('says that it is read-only', () => {
    const packet = encodeQuery({ method: 'ping' }, { transactionId: TRANSACTION, id: ID, isReadOnly: true });
    expect(toText(packet)).toContain('2:roi1e');
    expect(decodeMessage(packet)).toMatchObject({ isReadOnly: true });
  });
});

describe('decodeMessage()', () => {
  it('reads what BEP 5 shows', () => {
    expect(decodeMessage(ascii('d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re'))).toMatchObject({
      type: 'answer',
      id: TARGET,
      answer: {},
    });
    expect(decodeMessage(ascii('d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee'))).toMatchObject({
      type: 'error',
      errorCode: 201,
      reason: 'A Generic Error Ocurred',
    });
    const peers =
      'd1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re';
    expect(decodeMessage(ascii(peers))).toMatchObject({
      answer: {
        token: ascii('aoeusnth'),
        values: [
          { ip: ascii('axje'), port: 0x2e_75 },
          { ip: ascii('idht'), port: 0x6e_6d },
        ],
      },
    });
  });

  it.each([
    ['', 'NOT_BENCODE'],
    ['x', 'NOT_A_DICTIONARY'],
    ['i1e', 'NOT_A_DICTIONARY'],
    ['le', 'NOT_A_DICTIONARY'],
    ['d', 'NOT_BENCODE'],
    ['de', 'NO_TRANSACTION_ID'],
    ['d1:t0:1:y1:qe', 'NO_TRANSACTION_ID'],
    ['d1:ti1e1:y1:qe', 'NO_TRANSACTION_ID'],
    [`d1:t33:${'a'.repeat(33)}1:y1:qe`, 'NO_TRANSACTION_ID'],
    ['d1:t2:aae', 'UNKNOWN_TYPE'],
    ['d1:t2:aa1:y1:xe', 'UNKNOWN_TYPE'],
    ['d1:t2:aa1:yi1ee', 'UNKNOWN_TYPE'],
    ['d1:t2:aa1:y1:re', 'NO_FIELDS'],
    ['d1:rle1:t2:aa1:y1:re', 'NO_FIELDS'],
    ['d1:rde1:t2:aa1:y1:re', 'NO_ID'],
    ['d1:rd2:id19:abcdefghij012345678e1:t2:aa1:y1:re', 'NO_ID'],
    ['d1:t2:aa1:y1:ee', 'NO_FIELDS'],
    ['d1:e3:2011:t2:aa1:y1:ee', 'NO_FIELDS'],
    [`d1:t2:aa1:y1:qe${'x'.repeat(3000)}`, 'TOO_LONG'],
  ])('refuses %j with %s', (text, reason) => {
    expect(readMessage(ascii(text))).toBe(reason);
    expect(() => decodeMessage(ascii(text))).toThrow(DhtError);
  });

  // The first two end a process of another library.
  it.each([
    ['d1:ad2:id20:abcdefghij01234567899:info_hashi1ee1:q9:get_peers1:t2:aa1:y1:qe', 'no info_hash', 203],
    ['d1:ad2:id20:abcdefghij01234567896:targetlee1:q9:find_node1:t2:aa1:y1:qe', 'no target', 203],
    ['d1:q4:ping1:t2:aa1:y1:qe', 'no arguments', 203],
    ['d1:ade1:q4:ping1:t2:aa1:y1:qe', 'no id', 203],
    ['d1:ad2:id20:abcdefghij0123456789e1:q4:what1:t2:aa1:y1:qe', 'method unknown', 204],
    [
      'd1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti0e5:token2:aae1:q13:announce_peer1:t2:aa1:y1:qe',
      'no port',
      203,
    ],
    [
      'd1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti70000e5:token2:aae1:q13:announce_peer1:t2:aa1:y1:qe',
      'no port',
      203,
    ],
    ['d1:ad2:id20:abcdefghij01234567895:token2:aae1:q3:put1:t2:aa1:y1:qe', 'no value', 203],
  ])('can answer %j with an error', (text, reason, errorCode) => {
    expect(decodeMessage(ascii(text))).toMatchObject({ type: 'invalidQuery', reason, errorCode });
  });

  it('takes an unknown query that names a target for a question about nodes', () => {
    const text = 'd1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q4:what1:t2:aa1:y1:qe';
    expect(decodeMessage(ascii(text))).toMatchObject({ query: { method: 'unknown', target: TARGET } });
  });

  it('leaves out nodes and peers nobody can be at, and what is cut', () => {
    const node = (ip: string, port: string): string => `abcdefghij0123456789${ip}${port}`;
    const good = node('\u0001\u0002\u0003\u0004', '\u0001\u0001');
    const nodes =
      good +
      node('\u0000\u0002\u0003\u0004', '\u0001\u0001') +
      node('\u00e0\u0000\u0000\u0001', '\u0001\u0001');
    const more = `${nodes}${node('\u0001\u0002\u0003\u0004', '\u0000\u0000')}cut`;
    const text = `d1:rd2:id20:mnopqrstuvwxyz1234565:nodes${more.length}:${more}6:valuesl3:abc6:\u00ff\u00ff\u00ff\u00ffaai1eee1:t2:aa1:y1:re`;
    expect(decodeMessage(ascii(text))).toMatchObject({
      answer: { nodes: [{ endpoint: { ip: Uint8Array.of(1, 2, 3, 4), port: 257 } }], values: [] },
    });
  });

  it('reads again what was written, whatever it is', () => {
    fc.assert(
      fc.property(messages(TO), ({ packet, expected }) => {
        expect(decodeMessage(packet)).toEqual(expected);
      }),
    );
  });

  it('never does anything but read or refuse, whatever changes in a packet', () => {
    fc.assert(
      fc.property(messages(TO), fc.nat(), fc.nat(255), fc.nat(), ({ packet }, at, byte, end) => {
        const damaged = packet.slice(0, packet.length - (end % 3 === 0 ? end % packet.length : 0));
        if (damaged.length > 0) damaged[at % damaged.length] = byte;
        expect(['string', 'object']).toContain(typeof readMessage(damaged));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('bareLength()', () => {
  it('is that of an answer that says nothing', () => {
    for (const length of [1, 4, 9, 10, 32]) {
      const transactionId = new Uint8Array(length);
      const six = { ip: new Uint8Array(16).fill(1), port: 1 };
      expect(encodeAnswer({}, { transactionId, id: ID, to: TO })).toHaveLength(bareLength(4, length));
      expect(encodeAnswer({}, { transactionId, id: ID, to: six })).toHaveLength(bareLength(6, length));
    }
    expect(toText(encodeError(203, 'bad', { transactionId: TRANSACTION, to: TO }))).toMatch(
      /^d1:eli203e3:bade2:ip6:/,
    );
  });
});
