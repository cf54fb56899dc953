import { describe, expect, it } from 'vitest';
import { encodeMessage } from './encode.ts';
import { RESERVED_BIT, reservedBytes } from './handshake.ts';
import type { PeerMessage } from './message.ts';
import { EXTENDED, LOCAL, PIECE_COUNT, REMOTE, openClient, openExtended } from './testing/client.ts';
import { concat, counting } from './testing/messages.ts';

const block = { index: 1, begin: 0, length: 16_384 } as const;
const FAST: readonly PeerMessage[] = [
  { type: 'haveAll' },
  { type: 'haveNone' },
  { type: 'suggest', index: 1 },
  { type: 'allowedFast', index: 1 },
  { type: 'reject', ...block },
];
const fast = { reserved: reservedBytes(RESERVED_BIT.fastExtension) };

function withCode(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('PeerSession, fast extension', () => {
  it('is spoken if both sides offer it', () => {
    for (const local of [reservedBytes(), EXTENDED]) {
      for (const remote of [reservedBytes(), EXTENDED]) {
        const { session } = openClient(
          { handshake: { ...LOCAL, reserved: local } },
          { ...REMOTE, reserved: remote },
        );
        const isBoth = local === EXTENDED && remote === EXTENDED;
        expect([session.isFast, session.isExtended]).toEqual([isBoth, isBoth]);
      }
    }
  });

  it.each(FAST)('refuses %j, and does not send it, unless both sides offer it', (message) => {
    for (const client of [openClient(), openClient({ handshake: { ...LOCAL, ...fast } })]) {
      expect(() => client.session.send(message)).toThrowError(RangeError);
      expect(client.session.hasOutput).toBe(false);
      expect(() => client.hear(message)).toThrowError(withCode('NOT_NEGOTIATED'));
      expect(client.told).toEqual([]);
    }
  });

  it('tells every message, and sends every message, if both do', () => {
    for (const message of FAST) {
      const client = openExtended();
      client.messagesOut();
      client.hear(message);
      expect(client.told).toEqual([message]);
      client.session.send(message);
      expect(client.messagesOut()).toEqual([message]);
    }
  });

  it('has all or no pieces as it is told', () => {
    const all = openExtended();
    let isFull = false;
    all.onMessage = () => (isFull = all.session.remoteHave.isFull);
    all.hear({ type: 'haveAll' });
    expect(isFull).toBe(true);
    expect([...all.session.remoteHave]).toHaveLength(PIECE_COUNT);
    expect(all.session.remoteHave.encode()).toEqual(Uint8Array.of(0xff, 0xff, 0xf0));
    const none = openExtended();
    none.hear({ type: 'haveNone' });
    none.hear({ type: 'have', index: 3 });
    expect([...none.session.remoteHave]).toEqual([3]);
  });

  const every = Array.from({ length: PIECE_COUNT }, (_, index) => index);
  it.each<readonly [PeerMessage, PeerMessage, readonly number[]]>([
    [{ type: 'haveAll' }, { type: 'haveAll' }, []],
    [{ type: 'haveAll' }, { type: 'haveNone' }, []],
    [{ type: 'haveNone' }, { type: 'haveAll' }, every],
    [{ type: 'haveNone' }, { type: 'bitfield', bits: new Uint8Array(3) }, []],
    [{ type: 'have', index: 0 }, { type: 'haveAll' }, every.slice(1)],
  ])('after %j hears of %j what is news', (first, second, news) => {
    const client = openExtended();
    client.hear(first);
    client.hear(second);
    expect(client.told).toEqual([first, ...news.map((index) => ({ type: 'have', index }))]);
  });

  it.each(['suggest', 'allowedFast'] as const)('refuses %s for a piece that is not', (type) => {
    openExtended().hear({ type, index: PIECE_COUNT - 1 });
    expect(() => openExtended().hear({ type, index: PIECE_COUNT })).toThrowError(
      withCode('PIECE_OUT_OF_RANGE'),
    );
  });

  it('does not take as many rejects as there were requests for a flood, but one more', () => {
    const client = openExtended({ maxMessagesPerSecond: 3 });
    for (let at = 0; at < 50; at += 1) client.session.request(1, 0, 16_384);
    client.hear({ type: 'reject', ...block }, 50);
    expect(client.told).toHaveLength(50);
    client.hear({ type: 'reject', ...block }, 3);
    expect(() => client.hear({ type: 'reject', ...block })).toThrowError(withCode('MESSAGE_FLOOD'));
  });

  it.each(FAST.slice(2, 4))('counts %j among the messages that may be too many', (message) => {
    const client = openExtended();
    client.hear(message, 2000);
    expect(() => client.hear(message)).toThrowError(withCode('MESSAGE_FLOOD'));
  });
});

describe('PeerSession, before the number of pieces is known', () => {
  it('tells what the remote says of its pieces, and keeps nothing', () => {
    const messages: readonly PeerMessage[] = [
      { type: 'bitfield', bits: counting(9000, 1) },
      { type: 'have', index: 2 ** 21 - 1 },
      { type: 'have', index: 0 },
      { type: 'have', index: 0 },
      { type: 'suggest', index: 2 ** 21 - 1 },
    ];
    const client = openExtended({ pieceCount: undefined });
    client.receive(concat(...messages.map(encodeMessage)));
    expect(client.told).toEqual(messages);
    expect(client.session.remoteHave.size).toBe(0);
    const all = openExtended({ pieceCount: undefined });
    all.hear({ type: 'haveAll' });
    expect(all.session.remoteHave.count).toBe(0);
  });

  it('holds pieces to the largest torrent there may be', () => {
    const far: PeerMessage = { type: 'have', index: 2 ** 21 };
    expect(() => openExtended({ pieceCount: undefined }).hear(far)).toThrowError(
      withCode('PIECE_OUT_OF_RANGE'),
    );
    const client = openExtended({ pieceCount: undefined });
    client.hear({ type: 'haveNone' });
    client.hear({ type: 'haveAll' });
    expect(client.told).toEqual([{ type: 'haveNone' }]);
    expect(() => openExtended({ pieceCount: undefined }).receive(Uint8Array.of(0, 4, 0, 2, 5))).toThrowError(
      withCode('MESSAGE_TOO_LONG'),
    );
  });

  it('does not take many haves for a flood', () => {
    const client = openExtended({ pieceCount: undefined, maxMessagesPerSecond: 1 });
    client.hear({ type: 'have', index: 5 }, 5000);
    expect(client.told).toHaveLength(5000);
  });
});
