import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrackerError } from '../error.ts';
import { REQUEST } from '../testing/sample.ts';
import { announceAnswer, connectAnswer, udpPacket } from '../testing/udp-packets.ts';
import { decodeUdpAnnounce } from './decode-udp.ts';
import { encodeUdpAnnounce } from './encode-udp.ts';
import { UdpExchange, type UdpConnection } from './udp-exchange.ts';
import { viewOf } from './udp-packet.ts';

function announceExchange(connection?: UdpConnection): UdpExchange<number> {
  let lastId = 100;
  return new UdpExchange({
    encode: (head) => encodeUdpAnnounce(head, REQUEST),
    decode: (packet, transactionId) => decodeUdpAnnounce(packet, { transactionId, family: 4 }).peers.length,
    randomId: () => (lastId += 1),
    connection,
  });
}

/** What a packet asks for. */
function asked(packet: Uint8Array): { connect: number } | { announce: number; connection: bigint } {
  const view = viewOf(packet);
  const transactionId = view.getUint32(12);
  if (view.getUint32(8) === 0) return { connect: transactionId };
  return { announce: transactionId, connection: view.getBigUint64(0) };
}

function askedIn(step: ReturnType<UdpExchange<number>['receive']>): unknown {
  return step.type === 'send' ? asked(step.packet) : step;
}

/** Lets an exchange run with no more answers; what it sent, and when. */
function silence(exchange: UdpExchange<number>, untilMs: number): [number, unknown][] {
  const sent: [number, unknown][] = [];
  while (exchange.deadlineMs <= untilMs) {
    const nowMs = exchange.deadlineMs;
    sent.push([nowMs, asked(exchange.retry(nowMs))]);
  }
  return sent;
}

describe('UdpExchange', () => {
  it('connects, asks, and has the answer', () => {
    const exchange = announceExchange();
    expect(asked(exchange.start(0))).toEqual({ connect: 101 });
    expect(askedIn(exchange.receive(connectAnswer(101, 7), 40))).toEqual({ announce: 102, connection: 7n });
    expect(exchange.connection).toEqual({ id: 7n, receivedMs: 40 });
    expect(exchange.receive(announceAnswer(102), 80)).toEqual({ type: 'answer', value: 1 });
  });

  it('asks to connect again after 15, 30, 60 s and so on, up to 3840', () => {
    const exchange = announceExchange();
    exchange.start(0);
    const times = silence(exchange, 20_000_000).map(([ms]) => ms / 1_000);
    expect(times).toEqual([15, 45, 105, 225, 465, 945, 1_905, 3_825, 7_665, 11_505, 15_345, 19_185]);
  });

  it('asks again as BEP 15 shows, and connects again once the connection is too old', () => {
    const exchange = announceExchange();
    exchange.start(0);
    exchange.receive(connectAnswer(101, 7), 1_000);
    expect(silence(exchange, 300_000)).toEqual([
      [16_000, { announce: 102, connection: 7n }],
      [46_000, { announce: 102, connection: 7n }],
      [106_000, { connect: 103 }],
      [226_000, { connect: 103 }],
    ]);
    expect(askedIn(exchange.receive(connectAnswer(103, 8), 227_000))).toEqual({
      announce: 104,
      connection: 8n,
    });
  });

  it('has an answer that comes after the question was sent again', () => {
    const exchange = announceExchange();
    exchange.start(0);
    exchange.retry(15_000);
    expect(askedIn(exchange.receive(connectAnswer(101, 7), 15_001))).toMatchObject({ connection: 7n });
    exchange.retry(30_001);
    expect(exchange.receive(announceAnswer(102), 30_002)).toEqual({ type: 'answer', value: 1 });
  });

  it('waits 15 s for each question anew', () => {
    const exchange = announceExchange();
    exchange.start(0);
    exchange.retry(15_000);
    exchange.receive(connectAnswer(101, 7), 20_000);
    expect(exchange.deadlineMs).toBe(35_000);
  });

  it.each([
    [59_999, { announce: 101, connection: 7n }],
    [60_000, { connect: 101 }],
  ])('uses a connection for a minute: at %d ms', (nowMs, expected) => {
    const exchange = announceExchange({ id: 7n, receivedMs: 0 });
    expect(asked(exchange.start(nowMs))).toEqual(expected);
  });

  it('does not bet twice on a connection it did not make itself', () => {
    const exchange = announceExchange({ id: 7n, receivedMs: 0 });
    exchange.start(1_000);
    expect(asked(exchange.retry(16_000))).toEqual({ connect: 102 });
  });

  it('connects anew when the tracker refuses an old connection, but only once', () => {
    const exchange = announceExchange({ id: 7n, receivedMs: 0 });
    exchange.start(0);
    expect(askedIn(exchange.receive(udpPacket(3, 101, 'unknown connection'), 1))).toEqual({ connect: 102 });
    expect(exchange.connection).toBeUndefined();
    exchange.receive(connectAnswer(102, 8), 2);
    expect(() => exchange.receive(udpPacket(3, 103, 'unknown connection'), 3)).toThrow(
      expect.objectContaining({ code: 'FAILURE' }),
    );
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['less than a header', udpPacket(0, 101).subarray(0, 7)],
    ['another transaction id', connectAnswer(102, 7)],
    ['the refusal of another', udpPacket(3, 1, 'go away')],
  ])('ignores %s', (_name, packet) => {
    const exchange = announceExchange();
    exchange.start(0);
    expect(exchange.receive(packet, 1)).toEqual({ type: 'ignored' });
    expect(askedIn(exchange.receive(connectAnswer(101, 7), 2))).toMatchObject({ connection: 7n });
  });

  it('ignores a second answer to what was answered', () => {
    const exchange = announceExchange();
    exchange.start(0);
    exchange.receive(connectAnswer(101, 7), 1);
    expect(exchange.receive(connectAnswer(101, 8), 2)).toEqual({ type: 'ignored' });
    expect(exchange.connection?.id).toBe(7n);
  });

  it('ignores what comes before it asked', () => {
    expect(announceExchange().receive(connectAnswer(0, 7), 0)).toEqual({ type: 'ignored' });
  });

  it.each([
    ['a connect that is too short', udpPacket(0, 101, 0), 'MALFORMED_PACKET'],
    ['an announce it did not ask for', announceAnswer(101), 'MALFORMED_PACKET'],
    ['a refusal', udpPacket(3, 101, 'go away'), 'FAILURE'],
  ])('fails by %s', (_name, packet, code) => {
    const exchange = announceExchange();
    exchange.start(0);
    expect(() => exchange.receive(packet, 1)).toThrow(expect.objectContaining({ code }));
  });

  it('gets to the answer through any junk of others', () => {
    const junk = fc.uint8Array({ maxLength: 64 }).filter((bytes) => {
      const id = bytes.length < 8 ? undefined : viewOf(bytes).getUint32(4);
      return id !== 101 && id !== 102;
    });
    fc.assert(
      fc.property(fc.array(junk), fc.array(junk), (before, after) => {
        const exchange = announceExchange();
        exchange.start(0);
        for (const packet of before) exchange.receive(packet, 1);
        exchange.receive(connectAnswer(101, 7), 2);
        for (const packet of after) exchange.receive(packet, 3);
        expect(exchange.receive(announceAnswer(102), 4)).toEqual({ type: 'answer', value: 1 });
      }),
    );
  });

  it('throws nothing but a TrackerError, whatever the tracker itself says', () => {
    const answers = fc.tuple(fc.nat(4), fc.uint8Array({ maxLength: 64 }));
    fc.assert(
      fc.property(fc.array(answers), (packets) => {
        const exchange = announceExchange();
        let packet: Uint8Array = exchange.start(0);
        for (const [action, rest] of packets) {
          const id = viewOf(packet).getUint32(12);
          try {
            const step = exchange.receive(udpPacket(action, id, rest), 1);
            if (step.type === 'send') packet = step.packet;
          } catch (error) {
            expect(error).toBeInstanceOf(TrackerError);
          }
        }
      }),
    );
  });
});
