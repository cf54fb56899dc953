import { describe, expect, it } from 'vitest';
import { Bitfield } from './bitfield.ts';
import { MessageDecoder } from './decoder.ts';
import { encodeMessage, encodePieceHeader } from './encode.ts';
import { encodeHandshake } from './handshake.ts';
import type { PeerMessage } from './message.ts';
import { Client, LOCAL, PIECE_COUNT, REMOTE, openClient } from './testing/client.ts';
import { concat, counting, cutInto, decodeAll, fromHex, handshakeOf } from './testing/messages.ts';

function withCode(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('PeerSession, shaking hands', () => {
  it('says its handshake at once', () => {
    const client = new Client();
    expect(client.session.hasOutput).toBe(true);
    expect(client.output()).toEqual(encodeHandshake(LOCAL));
    expect(client.session.hasOutput).toBe(false);
  });

  it('opens wherever the stream is cut, and tells handshake and messages in order', () => {
    const have: PeerMessage = { type: 'have', index: 4 };
    const stream = concat(encodeHandshake(REMOTE), encodeMessage(have));
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const client = new Client();
      client.receive(stream.subarray(0, cut));
      expect(client.session.isOpen).toBe(cut >= 68);
      client.receive(stream.subarray(cut));
      expect(client.session.isOpen).toBe(true);
      expect(client.told).toEqual([REMOTE, have]);
    }
  });

  it.each([
    ['another torrent', encodeHandshake(handshakeOf(9, 3)), 'INFO_HASH_MISMATCH'],
    ['our own peer id', encodeHandshake(LOCAL), 'CONNECTED_TO_SELF'],
    ['another protocol', counting(1, 71), 'NOT_BITTORRENT'],
  ])('refuses %s, and then says nothing more', (_, bytes, code) => {
    const client = new Client();
    expect(() => client.receive(bytes)).toThrowError(withCode(code));
    client.receive(encodeHandshake(REMOTE), encodeMessage({ type: 'unchoke' }));
    expect(client.told).toEqual([]);
    expect(client.session.isOpen).toBe(false);
  });

  it('gives up when the handshake is late, however often parts of it come', () => {
    const client = new Client();
    expect(client.session.deadlineMs).toBe(11_000);
    for (const [at, byte] of cutInto(encodeHandshake(REMOTE), [1]).entries()) {
      client.nowMs = 1000 + at * 1000;
      if (client.nowMs >= 11_000) break;
      client.receive(byte);
      client.session.tick(client.nowMs);
    }
    client.session.tick(10_999);
    expect(() => client.session.tick(11_000)).toThrowError(
      expect.objectContaining({ detail: { code: 'TIMED_OUT', phase: 'handshaking', idleMs: 10_000 } }),
    );
  });
});

describe('PeerSession, flags', () => {
  it('begins choking and not interested on both sides', () => {
    const { session } = openClient();
    expect(session.local).toEqual({ choking: true, interested: false });
    expect(session.remote).toEqual({ choking: true, interested: false });
  });

  it.each([
    [['unchoke'], { choking: false, interested: false }],
    [['interested'], { choking: true, interested: true }],
    [['unchoke', 'interested'], { choking: false, interested: true }],
    [['unchoke', 'choke'], { choking: true, interested: false }],
    [['interested', 'notInterested'], { choking: true, interested: false }],
  ] as const)('after %j is %j, for either side', (types, flags) => {
    const client = openClient();
    for (const type of types) client.hear({ type });
    expect(client.session.remote).toEqual(flags);
    expect(client.session.local).toEqual({ choking: true, interested: false });
    for (const type of types) client.session.send({ type });
    expect(client.session.local).toEqual(flags);
    expect(client.messagesOut()).toEqual(types.map((type) => ({ type })));
  });

  it('queues nothing for a flag that is already so', () => {
    const { session } = openClient();
    for (const type of ['choke', 'notInterested'] as const) session.send({ type });
    expect(session.hasOutput).toBe(false);
    for (const type of ['unchoke', 'unchoke', 'interested', 'interested'] as const) session.send({ type });
    expect(session.takeOutput(1000)).toHaveLength(2);
  });

  it('shows the flag when the message is told', () => {
    const client = openClient();
    const seen: boolean[] = [];
    client.onMessage = () => seen.push(client.session.remote.choking);
    client.hear({ type: 'unchoke' });
    client.hear({ type: 'choke' });
    expect(seen).toEqual([false, true]);
  });
});

describe('PeerSession, pieces of the remote', () => {
  const bits = Bitfield.decode(fromHex('8000f0'), PIECE_COUNT).encode();

  it('knows what a bitfield and what haves told', () => {
    const client = openClient();
    client.hear({ type: 'bitfield', bits });
    expect([...client.session.remoteHave]).toEqual([0, 16, 17, 18, 19]);
    client.hear({ type: 'have', index: 1 });
    expect([...client.session.remoteHave]).toEqual([0, 1, 16, 17, 18, 19]);
    expect(client.told).toEqual([
      { type: 'bitfield', bits },
      { type: 'have', index: 1 },
    ]);
  });

  it('leaves out haves for pieces told before', () => {
    const client = openClient();
    client.hear({ type: 'bitfield', bits });
    client.hear({ type: 'have', index: 16 });
    client.hear({ type: 'have', index: 5 }, 3);
    expect(client.told.slice(1)).toEqual([{ type: 'have', index: 5 }]);
  });

  it('takes a bitfield after messages that say nothing of pieces', () => {
    const client = openClient();
    client.hear({ type: 'keepAlive' });
    client.hear({ type: 'unknown', id: 20, payload: counting(3) });
    client.hear({ type: 'bitfield', bits });
    expect(client.session.remoteHave.count).toBe(5);
  });

  it.each<readonly [string, PeerMessage[], number[]]>([
    [
      'a second bitfield',
      [
        { type: 'bitfield', bits },
        { type: 'bitfield', bits },
      ],
      [],
    ],
    [
      'one that says more',
      [
        { type: 'bitfield', bits },
        { type: 'bitfield', bits: fromHex('a00000') },
      ],
      [2],
    ],
    [
      'one after an empty one',
      [
        { type: 'bitfield', bits: new Uint8Array(3) },
        { type: 'bitfield', bits },
      ],
      [0, 16, 17, 18, 19],
    ],
    [
      'one after a have',
      [
        { type: 'have', index: 16 },
        { type: 'bitfield', bits },
      ],
      [0, 17, 18, 19],
    ],
  ])('hears of %s what is news, piece by piece, as aria2 tells it', (_, messages, news) => {
    const client = openClient();
    client.receive(concat(...messages.map(encodeMessage)));
    expect(client.told).toEqual([messages[0], ...news.map((index) => ({ type: 'have', index }))]);
  });

  it.each([
    ['a short bitfield', [{ type: 'bitfield', bits: bits.subarray(1) }], 'BITFIELD_LENGTH'],
    ['a long bitfield', [{ type: 'bitfield', bits: concat(bits, bits) }], 'BITFIELD_LENGTH'],
    ['a spare bit', [{ type: 'bitfield', bits: fromHex('000008') }], 'BITFIELD_SPARE_BITS'],
    ['a have beyond the last piece', [{ type: 'have', index: PIECE_COUNT }], 'PIECE_OUT_OF_RANGE'],
    ['a have of 2^32 - 1', [{ type: 'have', index: 0xffffffff }], 'PIECE_OUT_OF_RANGE'],
  ] as const)('refuses %s, and then says nothing more', (_, messages, code) => {
    const client = openClient();
    const all = concat(...messages.map(encodeMessage), encodeMessage({ type: 'unchoke' }));
    expect(() => client.receive(all)).toThrowError(withCode(code));
    const toldCount = client.told.length;
    expect(toldCount).toBe(messages.length - 1);
    client.hear({ type: 'unchoke' });
    expect(client.told).toHaveLength(toldCount);
    expect(client.session.remote.choking).toBe(true);
  });

  it('takes the bitfield of a torrent with more pieces than the usual bound has room for', () => {
    const pieceCount = 2 ** 21 + 9;
    const client = openClient({ pieceCount });
    client.hear({ type: 'bitfield', bits: new Uint8Array(Math.ceil(pieceCount / 8)) });
    expect(() => client.receive(fromHex('00040004'))).toThrowError(withCode('MESSAGE_TOO_LONG'));
  });
});

describe('PeerSession, floods', () => {
  const redundant: PeerMessage = { type: 'have', index: 3 };
  const emptyBlock: PeerMessage = { type: 'piece', index: 0, begin: 0, length: 0, block: counting(0) };
  const request: PeerMessage = { type: 'request', index: 0, begin: 0, length: 16_384 };

  it.each([
    { type: 'keepAlive' } as const,
    { type: 'unchoke' } as const,
    { type: 'unknown', id: 99, payload: counting(1) } as const,
    { ...request, type: 'cancel' } as const,
    request,
    emptyBlock,
  ])('drops a remote that sends more than 2,000 of %j in a second', (message) => {
    const client = openClient();
    client.hear(message, 2000);
    expect(() => client.hear(message)).toThrowError(withCode('MESSAGE_FLOOD'));
    expect(client.told).toHaveLength(2000);
  });

  it('counts haves that tell nothing, and not those that do', () => {
    const client = openClient({ pieceCount: 5000 });
    const haves = Array.from({ length: 5000 }, (_, index) => encodeMessage({ type: 'have', index }));
    client.receive(concat(...haves));
    client.hear(redundant, 2000);
    expect(() => client.hear(redundant)).toThrowError(withCode('MESSAGE_FLOOD'));
    expect(client.told).toHaveLength(5000);
  });

  it('counts each second by itself', () => {
    const client = openClient({ maxMessagesPerSecond: 3 });
    for (let second = 0; second < 5; second += 1) {
      client.hear({ type: 'keepAlive' }, 3);
      client.nowMs += 1000;
    }
    client.hear({ type: 'keepAlive' }, 3);
    client.nowMs += 999;
    expect(() => client.hear({ type: 'keepAlive' })).toThrowError(withCode('MESSAGE_FLOOD'));
  });

  it('counts neither blocks nor, while we do not choke, requests', () => {
    const client = openClient({ maxMessagesPerSecond: 3 });
    client.hear({ type: 'piece', index: 0, begin: 0, length: 1, block: counting(1) }, 50);
    client.session.send({ type: 'unchoke' });
    client.hear(request, 50);
    client.hear({ ...request, type: 'cancel' }, 50);
    client.session.send({ type: 'choke' });
    expect(() => client.hear(request, 4)).toThrowError(withCode('MESSAGE_FLOOD'));
  });
});

describe('PeerSession, time', () => {
  it('gives up after 120 s without a message', () => {
    const client = openClient();
    client.nowMs = 5000;
    client.hear({ type: 'keepAlive' });
    expect(client.session.deadlineMs).toBe(125_000);
    client.session.tick(124_999);
    expect(() => client.session.tick(125_000)).toThrowError(
      expect.objectContaining({ detail: { code: 'TIMED_OUT', phase: 'open', idleMs: 120_000 } }),
    );
  });

  it('counts from the handshake', () => {
    const client = new Client({ idleTimeoutMs: 500 });
    client.nowMs = 4000;
    client.receive(encodeHandshake(REMOTE));
    expect(client.session.deadlineMs).toBe(4500);
  });

  it('is not kept waiting by a message that comes in drips', () => {
    const client = openClient();
    const drips = cutInto(encodeMessage({ type: 'unknown', id: 20, payload: counting(500) }), [1]);
    for (const drip of drips.slice(0, 200)) {
      client.nowMs += 500;
      client.receive(drip);
    }
    expect(client.session.deadlineMs).toBe(121_000);
  });

  it('is kept waiting by parts of a wanted block only', () => {
    const client = openClient();
    client.receive(encodePieceHeader(0, 0, 100));
    client.nowMs = 50_000;
    client.receive(counting(40));
    expect(client.session.deadlineMs).toBe(121_000);
    client.receive(counting(60));
    expect(client.session.deadlineMs).toBe(170_000);
    client.wanted = new Uint8Array(100);
    client.receive(encodePieceHeader(0, 0, 100));
    client.nowMs = 90_000;
    client.receive(counting(40));
    expect(client.session.deadlineMs).toBe(210_000);
  });

  it('begins anew, shaking hands and later, when it was its owner that did not look', () => {
    const client = new Client();
    client.session.excuse(60_000);
    client.session.tick(69_999);
    expect(client.session.deadlineMs).toBe(70_000);
    client.nowMs = 61_000;
    client.receive(encodeHandshake(REMOTE));
    client.session.excuse(500_000);
    expect(client.session.deadlineMs).toBe(620_000);
  });

  it('keeps alive after 90 s of its own silence, once', () => {
    const client = openClient();
    client.nowMs = 90_999;
    client.hear({ type: 'unchoke' });
    client.session.tick(client.nowMs);
    expect(client.session.hasOutput).toBe(false);
    client.nowMs = 91_000;
    client.session.tick(client.nowMs);
    client.session.tick(client.nowMs);
    expect(client.messagesOut()).toEqual([{ type: 'keepAlive' }]);
    client.nowMs = 180_999;
    client.session.tick(client.nowMs);
    expect(client.session.hasOutput).toBe(false);
  });

  it('does not keep alive while other bytes wait, nor before the handshake', () => {
    const client = openClient({ keepAliveMs: 10 });
    client.session.request(1, 2, 3);
    client.session.tick(5000);
    expect(client.messagesOut()).toEqual([{ type: 'request', index: 1, begin: 2, length: 3 }]);
    const early = new Client({ keepAliveMs: 10 });
    early.output();
    early.session.tick(5000);
    expect(early.session.hasOutput).toBe(false);
  });
});

describe('PeerSession, output', () => {
  it('joins requests and keeps the order of everything', () => {
    const client = openClient();
    const sent: PeerMessage[] = [];
    const { session } = client;
    session.send({ type: 'interested' });
    sent.push({ type: 'interested' });
    for (let index = 0; index < 300; index += 1) {
      session.request(index, 0x80000000, 16_384);
      sent.push({ type: 'request', index, begin: 0x80000000, length: 16_384 });
    }
    session.cancel(7, 0, 16_384);
    sent.push({ type: 'cancel', index: 7, begin: 0, length: 16_384 });
    session.send({ type: 'have', index: 2 });
    sent.push({ type: 'have', index: 2 });
    session.request(1, 2, 3);
    sent.push({ type: 'request', index: 1, begin: 2, length: 3 });
    const views = session.takeOutput(1000);
    expect(views).toHaveLength(4); // all requests in a row are one write
    expect(decodeAll(new MessageDecoder(), views)).toEqual(sent);
    expect(session.hasOutput).toBe(false);
  });

  it('gives away views that later requests do not change', () => {
    const client = openClient();
    client.session.request(1, 2, 3);
    const [first] = client.session.takeOutput(1000);
    client.session.request(4, 5, 6);
    expect(first).toEqual(encodeMessage({ type: 'request', index: 1, begin: 2, length: 3 }));
  });

  it('does not queue, nor apply, what cannot be encoded', () => {
    const { session } = openClient();
    expect(() => session.request(-1, 0, 0)).toThrowError(RangeError);
    expect(() => session.send({ type: 'have', index: 2 ** 32 })).toThrowError(RangeError);
    expect(session.hasOutput).toBe(false);
  });
});

describe('PeerSession, blocks', () => {
  it('hands blocks to the memory of the handler, and counts the others', () => {
    const client = openClient();
    const block = counting(64);
    const bytes = concat(encodePieceHeader(3, 5, 64), block);
    client.receive(bytes);
    expect(client.session.skippedLength).toBe(64);
    client.wanted = new Uint8Array(64);
    client.receive(...cutInto(bytes, [11]));
    expect(client.wanted).toEqual(block);
    const piece = { type: 'piece', index: 3, begin: 5, length: 64 } as const;
    expect(client.told).toEqual([
      { ...piece, block: undefined },
      { ...piece, block },
    ]);
    client.receive(bytes.subarray(0, 20));
    client.session.skipBlock();
    client.wanted.fill(0);
    client.receive(bytes.subarray(20));
    expect(client.wanted).toEqual(new Uint8Array(64));
  });
});

describe('PeerSession.close', () => {
  const stream = concat(
    encodeHandshake(REMOTE),
    encodeMessage({ type: 'unchoke' }),
    encodeMessage({ type: 'have', index: 1 }),
  );

  it('ends the telling in the middle of a chunk, at the handshake and at a message', () => {
    for (const [name, expected] of [
      ['onHandshake', 1],
      ['onMessage', 2],
    ] as const) {
      const client = new Client();
      const tell = client[name].bind(client);
      client[name] = (what: never) => {
        tell(what);
        client.session.close();
      };
      client.receive(stream, stream);
      expect(client.told).toHaveLength(expected);
      expect(client.session.remoteHave.count).toBe(0);
    }
  });

  it('follows from a throw of the handler', () => {
    for (const name of ['onHandshake', 'onMessage'] as const) {
      const client = new Client();
      const failure = new Error('no more');
      client[name] = () => {
        throw failure;
      };
      expect(() => client.receive(stream)).toThrowError(failure);
      client.receive(stream);
      expect(client.session.remoteHave.count).toBe(0);
    }
  });
});
