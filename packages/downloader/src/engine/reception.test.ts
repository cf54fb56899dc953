import { infoHash, peerId } from '@millrace/metainfo';
import { encodeHandshake, type ByteStream, type ByteStreamHandler } from '@millrace/peer-wire';
import { memoryNetwork } from '@millrace/testkit';
import type { PeerAddress } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import { ConnectionLimits } from '../policy/connection-limits.ts';
import type { Connection } from './connector.ts';
import { Reception, type ReceptionOptions } from './reception.ts';

const HASH = infoHash(new Uint8Array(20).fill(1));
const HANDSHAKE = encodeHandshake({
  infoHash: HASH,
  peerId: peerId(new Uint8Array(20).fill(2)),
  reserved: new Uint8Array(8),
});
const PORT = { host: '10.0.0.1', port: 6881 };

/** Our end of a connection, as a torrent would make it. */
class Guest implements Connection {
  readonly key = 0;
  readonly name = '';
  readonly isIncoming = true;
  readonly isOpen = false;
  readonly usefulLength = 0;
  readonly address: PeerAddress;
  readonly bytes: number[] = [];
  stream: ByteStream | undefined;
  closes: unknown[] = [];
  readonly #onEnd: () => void;

  constructor(address: PeerAddress, onEnd: () => void) {
    this.address = address;
    this.#onEnd = onEnd;
  }

  attach(stream: ByteStream): void {
    this.stream = stream;
  }

  close(): void {}

  onBytes(chunk: Uint8Array): void {
    this.bytes.push(...chunk);
  }

  onDrained(): void {}

  onClose(reason: unknown): void {
    this.closes.push(reason);
    this.#onEnd();
  }
}

/** A reception at a port of a network in memory, and one torrent that welcomes everyone. */
function open(options: Partial<ReceptionOptions> = {}) {
  const network = memoryNetwork();
  const { clock } = network;
  const limits = options.limits ?? new ConnectionLimits();
  const reception = new Reception({ clock, ...options, limits });
  const guests: Guest[] = [];
  const leave = reception.open(HASH, {
    welcome(address) {
      limits.opened(address.host, true);
      const guest = new Guest(address, () => limits.closed(address.host, true));
      guests.push(guest);
      return guest;
    },
  });
  network.listen(PORT, (accept, address) => reception.receive({ address, accept }));
  const call = async (host: string) => {
    const closes: unknown[] = [];
    const handler: ByteStreamHandler = {
      onBytes() {},
      onDrained() {},
      onClose: (reason) => void closes.push(reason),
    };
    let stream: ByteStream | undefined;
    void network.connectFrom(host, PORT, handler).then((opened) => (stream = opened));
    await clock.advanceUntil(() => stream !== undefined);
    return { stream: stream as unknown as ByteStream, closes };
  };
  return { clock, limits, reception, guests, leave, call };
}

describe('Reception', () => {
  it('hands a connection over once it has said its torrent, with every byte, wherever the stream is cut', async () => {
    for (let cut = 0; cut <= HANDSHAKE.length; cut += 1) {
      const { clock, guests, reception, call } = open();
      const { stream } = await call('10.0.0.2');
      stream.write([HANDSHAKE.subarray(0, cut)]);
      clock.advance(1);
      expect(guests).toHaveLength(cut < 48 ? 0 : 1);
      expect(reception.waitingCount).toBe(cut < 48 ? 1 : 0);
      stream.write([HANDSHAKE.subarray(cut), Uint8Array.of(0, 0, 0, 0)]);
      clock.advance(1);
      expect(guests[0]?.bytes).toEqual([...HANDSHAKE, 0, 0, 0, 0]);
      expect(guests[0]?.address.host).toBe('10.0.0.2');
      expect(guests[0]?.stream).toBeDefined();
      stream.close();
      clock.advance(1);
      expect(guests[0]?.closes).toEqual([undefined]);
    }
  });

  it('hangs up on those that name an unknown torrent, or one that has gone, or speak something else', async () => {
    const { clock, guests, reception, limits, leave, call } = open();
    const stranger = await call('10.0.0.2');
    const unknown = HANDSHAKE.slice();
    unknown[30] = 9;
    stranger.stream.write([unknown]);
    const other = await call('10.0.0.3');
    other.stream.write([new TextEncoder().encode('GET / HTTP/1.1\r\n')]);
    clock.advance(1);
    expect(stranger.closes).toHaveLength(1);
    expect(other.closes).toHaveLength(1);
    const late = await call('10.0.0.4');
    leave();
    late.stream.write([HANDSHAKE]);
    clock.advance(1);
    expect(late.closes).toHaveLength(1);
    expect(guests).toEqual([]);
    expect([reception.waitingCount, limits.count, clock.pendingCount]).toEqual([0, 0, 0]);
  });

  it('gives ten seconds to say which torrent it is, however slowly bytes drip', async () => {
    const { clock, reception, call } = open();
    const silent = await call('10.0.0.2');
    const slow = await call('10.0.0.3');
    for (let at = 0; at < 9; at += 1) {
      slow.stream.write([HANDSHAKE.subarray(at, at + 1)]);
      clock.advance(1_000);
    }
    expect(reception.waitingCount).toBe(2);
    clock.advance(1_001);
    expect(silent.closes).toHaveLength(1);
    expect(slow.closes).toHaveLength(1);
    expect(reception.waitingCount).toBe(0);
  });

  it('stands ten thousand connections that say nothing: bounded, and whoever speaks gets in', async () => {
    const { clock, reception, limits, guests, call } = open();
    for (let at = 0; at < 10_000; at += 1) {
      await call(`${20 + (at >> 12)}.${(at >> 6) & 63}.${at & 63}.1`);
      expect(limits.count).toBeLessThanOrEqual(160);
    }
    expect(reception.waitingCount).toBe(64);
    const honest = await call('10.0.0.2');
    honest.stream.write([HANDSHAKE]);
    clock.advance(1);
    expect(guests).toHaveLength(1);
    expect(honest.closes).toEqual([]);
    clock.advance(20_000);
    expect([reception.waitingCount, limits.count]).toEqual([0, 1]);
  });

  it('leaves a fifth of the places to us when thousands speak, and lets no one address have more than three', async () => {
    const { clock, limits, guests, call } = open();
    for (let at = 0; at < 1_000; at += 1) {
      const { stream } = await call(at % 2 === 0 ? '10.0.0.2' : `${20 + (at >> 6)}.0.${at & 63}.1`);
      stream.write([HANDSHAKE]);
      clock.advance(1);
    }
    expect(guests).toHaveLength(160);
    expect(guests.filter(({ address }) => address.host === '10.0.0.2')).toHaveLength(3);
    expect(limits.room).toBeGreaterThan(0);
  });

  it('refuses to run one torrent twice', () => {
    const { reception } = open();
    expect(() => reception.open(HASH, { welcome: () => undefined })).toThrow(RangeError);
  });

  it('hangs up on everyone who waits when it closes', async () => {
    const { clock, reception, limits, call } = open();
    const { closes } = await call('10.0.0.2');
    reception.close();
    clock.advance(1);
    expect(closes).toHaveLength(1);
    expect([reception.waitingCount, limits.count, clock.pendingCount]).toEqual([0, 0, 0]);
  });
});
