import { encode } from '@millrace/bencode';
import { describe, expect, it } from 'vitest';
import { encodeHandshake } from '../handshake.ts';
import type { PeerMessage } from '../message.ts';
import { Client, EXTENDED, LOCAL, Pair, REMOTE, openClient, openExtended } from '../testing/client.ts';
import { counting } from '../testing/messages.ts';
import type { Extension, ExtensionChannel } from './extension.ts';
import { LtDontHave } from './lt-dont-have.ts';

/** Keeps what it is told. */
class Probe implements Extension {
  readonly name: string;
  readonly told: unknown[] = [];
  isAsked = false;
  channel!: ExtensionChannel;

  constructor(name = 'xx_probe') {
    this.name = name;
  }

  attach(channel: ExtensionChannel): void {
    this.channel = channel;
  }

  onSupport(isSupported: boolean): void {
    this.told.push(isSupported);
  }

  onMessage(payload: Uint8Array): boolean {
    this.told.push(payload);
    return this.isAsked;
  }

  onTick(): void {
    this.told.push(`tick at ${this.channel.nowMs}`);
  }
}

function extended(id: number, payload: Uint8Array): PeerMessage {
  return { type: 'extended', id, payload };
}

function handshake(fields: Parameters<typeof encode>[0]): PeerMessage {
  return extended(0, encode(fields));
}

describe('PeerSession, extension protocol', () => {
  it('says what it has once both have shaken hands, after what its owner says of its pieces', () => {
    const client = new Client({
      handshake: { ...LOCAL, reserved: EXTENDED },
      extended: { version: 'millrace 0.1.0', requestQueueLength: 250 },
      extensions: [new Probe('a_a'), new Probe('b_b')],
    });
    expect(client.output()).toHaveLength(68);
    client.onHandshake = () => client.session.send({ type: 'haveNone' });
    client.receive(encodeHandshake({ ...REMOTE, reserved: EXTENDED }));
    const said = encode({ m: { a_a: 1, b_b: 2 }, reqq: 250, v: 'millrace 0.1.0' });
    expect(client.messagesOut()).toEqual([{ type: 'haveNone' }, extended(0, said)]);
  });

  it('says nothing, and takes messages as they are, if the remote does not offer it', () => {
    const probe = new Probe();
    const client = openClient({ handshake: { ...LOCAL, reserved: EXTENDED }, extensions: [probe] });
    expect(client.session.hasOutput).toBe(false);
    for (const message of [
      handshake({ m: { xx_probe: 1 } }),
      extended(1, counting(3)),
      extended(0, counting(3)),
    ]) {
      client.hear(message);
      expect(client.told.pop()).toEqual(message);
    }
    expect(probe.channel.send(counting(1))).toBe(false);
    expect([probe.told, client.session.remoteExtended.isKnown, client.session.hasOutput]).toEqual([
      [],
      false,
      false,
    ]);
  });

  it('calls each side by the ids of that side', () => {
    const [ofA, ofB] = [new Probe('two'), new Probe('two')];
    const pair = new Pair({ extensions: [new Probe('one'), ofA] }, { extensions: [ofB, new Probe('three')] });
    expect(pair.a.session.remoteExtended.extensions).toEqual(
      new Map([
        ['two', 1],
        ['three', 2],
      ]),
    );
    expect([ofA.told, ofB.told]).toEqual([[true], [true]]);
    expect(ofA.channel.send(counting(2), counting(0), counting(1, 9))).toBe(true);
    expect(ofB.channel.send()).toBe(true);
    pair.settle();
    expect(ofB.told[1]).toEqual(Uint8Array.of(0, 1, 9));
    expect(ofA.told[1]).toEqual(new Uint8Array(0));
  });

  it('reflects a handshake before it tells it', () => {
    const client = openExtended();
    const seen: unknown[] = [];
    client.onMessage = () => seen.push(client.session.remoteExtended.version);
    client.hear(handshake({ v: 'one' }));
    client.hear(handshake({ v: 'two' }));
    expect(seen).toEqual(['one', 'two']);
  });

  it('follows the remote when it takes an extension on, renames it, and gives it up', () => {
    const probe = new Probe();
    const client = openExtended({ extensions: [probe] });
    client.output();
    client.hear(handshake({}));
    expect(probe.channel.send(counting(1))).toBe(false);
    for (const id of [7, 9]) {
      client.hear(handshake({ m: { xx_probe: id } }));
      expect(probe.channel.send(counting(1))).toBe(true);
      expect(client.messagesOut()).toEqual([extended(id, counting(1))]);
    }
    client.hear(handshake({ m: { xx_probe: 0 } }));
    expect([probe.channel.isSupported, probe.channel.send(counting(1))]).toEqual([false, false]);
    expect(probe.told).toEqual([true, false]);
  });

  it('tells what changed of ours, and only that', () => {
    const client = openExtended({ extended: { uploadOnly: false, version: 'x' } });
    client.output();
    client.session.updateExtended({ uploadOnly: true, version: 'x', metadataSize: 5 });
    expect(client.messagesOut()).toEqual([handshake({ m: {}, metadata_size: 5, upload_only: 1 })]);
    client.session.updateExtended({ uploadOnly: true });
    expect(client.session.hasOutput).toBe(false);
    expect(() => client.session.updateExtended({ port: 0 })).toThrowError(RangeError);
    const early = new Client({ handshake: { ...LOCAL, reserved: EXTENDED }, extended: { version: 'x' } });
    early.output();
    early.session.updateExtended({ uploadOnly: true });
    early.receive(encodeHandshake({ ...REMOTE, reserved: EXTENDED }));
    expect(early.messagesOut()).toEqual([handshake({ m: {}, upload_only: 1, v: 'x' })]);
  });

  it('takes extensions on and gives them up while it is open, and uses no id twice', () => {
    const pair = new Pair({ extensions: [new Probe('one')] }, { extensions: [new Probe('one')] });
    const [ofA, ofB] = [new Probe('two'), new Probe('two')];
    pair.a.session.addExtension(ofA);
    pair.settle();
    pair.b.session.addExtension(ofB);
    pair.settle();
    expect([ofA.told, ofB.told]).toEqual([[true], [true]]);
    pair.a.session.removeExtension('two');
    pair.a.session.addExtension(new Probe('three'));
    expect(ofA.channel.send(counting(1))).toBe(false);
    ofB.channel.send(counting(1));
    pair.settle();
    expect(ofB.told).toEqual([true, false]);
    expect(pair.b.session.remoteExtended.extensions).toEqual(
      new Map([
        ['one', 1],
        ['three', 3],
      ]),
    );
    pair.a.session.removeExtension('never');
    expect(pair.a.session.hasOutput).toBe(false);
  });

  it('refuses names that cannot be, or are taken, and more than 255', () => {
    const session = openExtended().session;
    for (const name of ['', 'a b', 'µT_PEX', 'x'.repeat(65), '\u0000']) {
      expect(() => session.addExtension(new Probe(name))).toThrowError(RangeError);
    }
    for (let at = 1; at <= 255; at += 1) session.addExtension(new Probe(`x_${at}`));
    expect(() => session.addExtension(new Probe('x_256'))).toThrowError(RangeError);
    expect(() => openExtended({ extensions: [new Probe(), new Probe()] })).toThrowError(RangeError);
  });

  it('ticks extensions with the time', () => {
    const probe = new Probe();
    const client = openExtended({ extensions: [probe] });
    client.session.tick(5000);
    expect(probe.told).toEqual(['tick at 5000']);
    client.session.close();
    client.session.tick(6000);
    expect(probe.told).toHaveLength(1);
  });

  it.each([
    ['of no extension', extended(99, counting(1))],
    ['of an extension that did not ask', extended(1, counting(1))],
    ['handshakes', handshake({ v: 'x' })],
  ])('drops a remote that sends more than 2,000 messages in a second %s', (_, message) => {
    const client = openExtended({ extensions: [new Probe()] });
    client.hear(message, 2000);
    expect(() => client.hear(message)).toThrowError(expect.objectContaining({ code: 'MESSAGE_FLOOD' }));
    expect(client.told).toHaveLength(2000);
  });

  it('does not count what an extension asked for', () => {
    const probe = new Probe();
    probe.isAsked = true;
    const client = openExtended({ extensions: [probe], maxMessagesPerSecond: 1 });
    client.hear(extended(1, counting(1)), 50);
    expect(probe.told).toHaveLength(50);
  });

  it('refuses an extended message without an id, and a malformed handshake, and closes', () => {
    const client = openExtended();
    expect(() => client.receive(Uint8Array.of(0, 0, 0, 1, 20))).toThrowError(
      expect.objectContaining({ detail: { code: 'MESSAGE_LENGTH', id: 20, length: 1, expected: 2 } }),
    );
    const other = openExtended();
    expect(() => other.hear(extended(0, counting(3)))).toThrowError(
      expect.objectContaining({ code: 'MALFORMED_EXTENSION' }),
    );
    other.hear({ type: 'unchoke' });
    expect(other.told).toEqual([]);
  });

  it('closes when an extension throws', () => {
    const probe = new Probe();
    const failure = new Error('no more');
    probe.onMessage = () => {
      throw failure;
    };
    const client = openExtended({ extensions: [probe] });
    expect(() => client.hear(extended(1, counting(1)))).toThrowError(failure);
    client.hear({ type: 'unchoke' });
    expect(client.told).toEqual([]);
  });

  it('tells nothing more if an extension closes the session', () => {
    const probe = new Probe();
    const client = openExtended({ extensions: [probe] });
    probe.onMessage = () => {
      client.session.close();
      return true;
    };
    client.hear(extended(1, counting(1)), 2);
    expect(client.told).toEqual([]);
  });

  it('shows whether the remote wants pieces, as that changes', () => {
    const pair = new Pair({ extended: { uploadOnly: true } });
    expect(pair.b.session.remoteExtended.uploadOnly).toBe(true);
    expect(pair.a.session.remoteExtended.uploadOnly).toBe(false);
    pair.a.session.updateExtended({ uploadOnly: false });
    pair.settle();
    expect(pair.b.session.remoteExtended.uploadOnly).toBe(false);
  });
});

describe('LtDontHave', () => {
  it('takes a piece back from what the remote has, then tells', () => {
    const dropped: unknown[] = [];
    const theirs = new LtDontHave();
    const pair = new Pair(
      {
        extensions: [
          new LtDontHave({
            onDontHave: (index) => dropped.push([index, pair.a.session.remoteHave.has(index)]),
          }),
        ],
      },
      { extensions: [theirs] },
    );
    pair.b.session.send({ type: 'haveAll' });
    pair.settle();
    for (const index of [3, 3, 19]) expect(theirs.tell(index)).toBe(true);
    pair.settle();
    expect(dropped).toEqual([
      [3, false],
      [19, false],
    ]);
    expect(pair.a.session.remoteHave.count).toBe(18);
    pair.b.session.send({ type: 'have', index: 3 });
    pair.settle();
    expect(pair.a.session.remoteHave.has(3)).toBe(true);
  });

  it('says nothing to who does not take it', () => {
    const ours = new LtDontHave();
    const pair = new Pair({ extensions: [ours] });
    expect([ours.tell(1), pair.a.session.hasOutput, new LtDontHave().tell(1)]).toEqual([false, false, false]);
    expect(() => ours.tell(-1)).toThrowError(RangeError);
  });

  it.each([
    [counting(3), 'MALFORMED_EXTENSION'],
    [counting(5), 'MALFORMED_EXTENSION'],
    [counting(0), 'MALFORMED_EXTENSION'],
    [Uint8Array.of(0, 0, 0, 20), 'PIECE_OUT_OF_RANGE'],
    [Uint8Array.of(255, 255, 255, 255), 'PIECE_OUT_OF_RANGE'],
  ])('refuses %j', (payload, code) => {
    const client = openExtended({ extensions: [new LtDontHave()] });
    expect(() => client.hear(extended(1, payload))).toThrowError(expect.objectContaining({ code }));
  });

  it('keeps nothing while the number of pieces is not known', () => {
    const client = openExtended({ pieceCount: undefined, extensions: [new LtDontHave()] });
    client.hear(extended(1, counting(4)));
    expect(client.told).toHaveLength(1);
  });
});
