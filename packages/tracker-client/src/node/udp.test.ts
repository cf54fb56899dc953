import { createSocket } from 'node:dgram';
import { infoHash } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import type { AnnounceResponse } from '../announce.ts';
import { REQUEST } from '../testing/sample.ts';
import { announceAnswer, connectAnswer, udpPacket } from '../testing/udp-packets.ts';
import { honest, startUdp } from '../testing/udp-server.ts';
import { announce } from './announce.ts';
import { SYSTEM, type Environment } from './environment.ts';
import { HostResolver } from './host-resolver.ts';
import type { AnnounceOptions } from './options.ts';
import { scrape } from './scrape.ts';
import { announceUdp } from './udp-announce.ts';
import { UdpConnections } from './udp-connections.ts';
import { UDP_SYSTEM, type UdpEnvironment } from './udp-environment.ts';

const PEERS = [{ host: '192.0.2.7', port: 6881 }];
const IPV6_PEER = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x1a, 0xe1);

/** A clock whose every timer but the last one set stands for ever, and is run by hand. */
class HandClock {
  nowMs = 0;
  readonly timers = new Map<() => void, number>();
  now(): number {
    return this.nowMs;
  }
  setTimer(delayMs: number, callback: () => void): { cancel(): void } {
    this.timers.set(callback, this.nowMs + delayMs);
    return { cancel: () => this.timers.delete(callback) };
  }
  /** Goes to when the next timer is due, and runs it. */
  runNext(): void {
    const [next] = [...this.timers].toSorted(([, a], [, b]) => a - b);
    if (next === undefined) throw new Error('No timer is set');
    const [callback, dueMs] = next;
    this.timers.delete(callback);
    this.nowMs = dueMs;
    callback();
  }
}

function environment(part: Partial<UdpEnvironment> = {}): UdpEnvironment {
  return { ...UDP_SYSTEM, connections: new UdpConnections(4), ...part };
}

/** The world with a name `t.example` that has these addresses. */
function named(...addresses: string[]): Environment {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return {
    ...SYSTEM,
    resolver: new HostResolver(async () => found, 2),
    scopeOf: () => 'public',
  };
}

function announceIn(
  tracker: string,
  udp: UdpEnvironment,
  options: AnnounceOptions = {},
  world: Environment = SYSTEM,
): Promise<AnnounceResponse> {
  return announceUdp(world, tracker, REQUEST, options, udp);
}

describe('announce() over UDP', () => {
  it('connects, tells path and query, and has the peers', async () => {
    await using server = await startUdp(honest);
    const answer = await announce(`${server.url}?key=abcdef`, REQUEST);
    expect(answer).toEqual({
      peers: PEERS,
      intervalMs: 900_000,
      seeders: 3,
      leechers: 2,
      issues: [],
    });
    expect(server.asked).toBe('connect announce');
    const [connect, asked] = server.requests;
    expect(connect?.connectionId).toBe(0x417_2710_1980n);
    expect(asked?.connectionId).toBe(7n);
    expect(Buffer.from(asked?.packet ?? []).toString('latin1', 100)).toBe('/announce?key=abcdef\0');
  });

  it('tells no path if the URL has none', async () => {
    await using server = await startUdp(honest);
    await announce(`udp://127.0.0.1:${server.port}`, REQUEST);
    expect(server.requests[1]?.packet).toHaveLength(98);
  });

  it('reads peers of IPv6 from a tracker asked over IPv6', async () => {
    await using server = await startUdp(
      (request, reply) =>
        request.action === 0
          ? honest(request, reply)
          : reply(announceAnswer(request.transactionId, IPV6_PEER)),
      { host: '::1' },
    );
    const { peers } = await announce(server.url, { ...REQUEST, ip: '192.0.2.1' });
    expect(peers).toEqual([{ host: '2001:db8::7', port: 6881 }]);
    expect([...(server.requests[1]?.packet.subarray(84, 88) ?? [])]).toEqual([0, 0, 0, 0]);
  });

  it('asks an IPv4 address that is written as IPv6 over IPv4', async () => {
    await using server = await startUdp(honest);
    const world = named('::ffff:127.0.0.1');
    const { peers } = await announceIn(`udp://t.example:${server.port}/announce`, environment(), {}, world);
    expect(peers).toEqual(PEERS);
  });

  it('sends from the address it is told', async () => {
    await using server = await startUdp(honest);
    await announce(server.url, REQUEST, { localAddress: '127.0.0.3' });
    expect(server.requests[0]?.fromAddress).toBe('127.0.0.3');
    await expect(announce(server.url, REQUEST, { localAddress: '192.0.2.1' })).rejects.toMatchObject({
      detail: { code: 'UNREACHABLE', reason: 'EADDRNOTAVAIL' },
    });
    await expect(announce(server.url, REQUEST, { localAddress: '::1' })).rejects.toMatchObject({
      detail: { code: 'UNREACHABLE', reason: 'EAFNOSUPPORT' },
    });
  });

  it('takes no more peers than it may', async () => {
    const list = new Uint8Array(6_000).map((_, index) => (index % 6 === 5 ? 1 : 1 + (index % 97)));
    await using server = await startUdp((request, reply) =>
      request.action === 0 ? honest(request, reply) : reply(announceAnswer(request.transactionId, list)),
    );
    const { peers, issues } = await announce(server.url, REQUEST, { maxPeers: 3 });
    expect(peers).toHaveLength(3);
    expect(issues).toEqual([{ code: 'TOO_MANY_PEERS', count: 997 }]);
  });
});

describe('a connection', () => {
  it('is used again within a minute, and asked for anew after it', async () => {
    const clock = new HandClock();
    const udp = environment({ clock });
    await using server = await startUdp(honest);
    for (const nowMs of [0, 59_000, 60_000]) {
      clock.nowMs = nowMs;
      await announceIn(server.url, udp);
    }
    expect(server.asked).toBe('connect announce announce connect announce');
    expect(clock.timers.size).toBe(0);
  });

  it('is asked for anew when the tracker has forgotten it', async () => {
    let id = 1;
    await using server = await startUdp((request, reply) => {
      const { action, transactionId, connectionId } = request;
      if (action === 0) reply(connectAnswer(transactionId, id));
      else if (connectionId === BigInt(id)) honest(request, reply);
      else reply(udpPacket(3, transactionId, 'Connection ID mismatch'));
    });
    const udp = environment();
    await announceIn(server.url, udp);
    id = 2;
    expect((await announceIn(server.url, udp)).peers).toEqual(PEERS);
    expect(server.asked).toBe('connect announce announce connect announce');
  });

  it('is not used for the next question when the tracker refused one', async () => {
    let isRefusing = true;
    await using server = await startUdp((request, reply) => {
      const { action, transactionId } = request;
      if (action === 0 || !isRefusing) honest(request, reply);
      else reply(udpPacket(3, transactionId, 'no'));
    });
    const udp = environment();
    await expect(announceIn(server.url, udp)).rejects.toMatchObject({ code: 'FAILURE' });
    isRefusing = false;
    await announceIn(server.url, udp);
    expect(server.asked).toBe('connect announce connect announce');
  });

  it('is not used for another address, nor from another', async () => {
    await using server = await startUdp(honest);
    await using other = await startUdp(honest);
    const udp = environment();
    await announceIn(server.url, udp);
    await announceIn(other.url, udp);
    await announceIn(server.url, udp, { localAddress: '127.0.0.3' });
    expect(`${server.asked}, ${other.asked}`).toBe('connect announce connect announce, connect announce');
  });

  it('is one of a few that are kept', () => {
    const connections = new UdpConnections(2);
    for (const key of ['a', 'b', 'a', 'c']) connections.set(key, { id: 1n, receivedMs: 0 });
    expect(['a', 'b', 'c'].map((key) => connections.get(key) !== undefined)).toEqual([true, false, true]);
    connections.set('a', undefined);
    expect(connections.get('a')).toBeUndefined();
  });
});

describe('a UDP tracker that does wrong', () => {
  it('is asked again when packets are lost', async () => {
    const clock = new HandClock();
    let lost = 0;
    await using server = await startUdp((request, reply) => {
      if (server.requests.length % 3 === 0) {
        honest(request, reply);
      } else {
        lost += 1;
        clock.runNext();
      }
    });
    const { peers } = await announceIn(server.url, environment({ clock }));
    expect(peers).toEqual(PEERS);
    expect(lost).toBe(4);
    expect(server.asked).toBe('connect connect connect announce announce announce');
    expect(clock.nowMs).toBe(90_000);
  });

  it.each([
    ['a wrong action', (id: number) => udpPacket(2, id, 1, 2, 3), { code: 'MALFORMED_PACKET' }],
    ['too few bytes', (id: number) => announceAnswer(id).subarray(0, 19), { code: 'MALFORMED_PACKET' }],
    ['a refusal', (id: number) => udpPacket(3, id, 'no'), { code: 'FAILURE', detail: { reason: 'no' } }],
  ])('is an error if it answers with %s', async (_name, answer, expected) => {
    await using server = await startUdp((request, reply) =>
      request.action === 0 ? honest(request, reply) : reply(answer(request.transactionId)),
    );
    await expect(announce(server.url, REQUEST)).rejects.toMatchObject(expected);
  });

  it('does not come through with a thousand wrong transaction ids, nor from another port', async () => {
    const spoofer = createSocket('udp4');
    await using server = await startUdp((request, reply) => {
      const { action, transactionId, fromPort } = request;
      const refusal = udpPacket(3, transactionId, 'spoofed');
      spoofer.send(refusal, fromPort, '127.0.0.1', () => {
        // A few at a time: more at once than the system keeps for a socket would push the honest answer out.
        const flood = (first: number): void => {
          for (let wrong = first; wrong < first + 50; wrong += 1) {
            reply(udpPacket(3, transactionId + wrong, 'spoofed'));
          }
          if (first + 50 <= 1_000) {
            setImmediate(flood, first + 50);
            return;
          }
          reply(new Uint8Array());
          reply(udpPacket(action));
          honest(request, reply);
        };
        flood(1);
      });
    });
    try {
      const { peers } = await announceIn(server.url, environment());
      expect(peers).toEqual(PEERS);
    } finally {
      spoofer.close();
    }
  });

  it('is given up when time is up, or by its caller', async () => {
    await using server = await startUdp(() => {});
    await expect(announce(server.url, REQUEST, { timeoutMs: 30 })).rejects.toMatchObject({
      detail: { code: 'TIMED_OUT', limit: 'total', limitMs: 30, phase: 'waiting' },
    });
    const controller = new AbortController();
    const reason = new Error('enough');
    await using other = await startUdp(() => controller.abort(reason));
    await expect(announce(other.url, REQUEST, { signal: controller.signal })).rejects.toBe(reason);
    await expect(announce(other.url, REQUEST, { signal: controller.signal })).rejects.toBe(reason);
    expect(other.requests).toHaveLength(1);
  });

  it('is refused at once where no one listens', async () => {
    const server = await startUdp(honest);
    await server[Symbol.asyncDispose]();
    await expect(announce(server.url, REQUEST)).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('leaves no socket and no timer, however it ends', async () => {
    const countOf = (kind: string): number =>
      process.getActiveResourcesInfo().filter((name) => name === kind).length;
    await using good = await startUdp(honest);
    await using silent = await startUdp(() => {});
    // Node counts a closed socket until the turn after the next, those of earlier tests too.
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
    };
    await settle();
    const [socketCount, timerCount] = [countOf('UDPWrap'), countOf('Timeout')];
    await announce(good.url, REQUEST);
    await announce(silent.url, REQUEST, { timeoutMs: 20 }).catch(() => {});
    await announce('udp://127.0.0.1:1/announce', REQUEST).catch(() => {});
    await settle();
    expect(countOf('UDPWrap')).toBe(socketCount);
    // The test runner has timers too, which may end meanwhile.
    expect(countOf('Timeout')).toBeLessThanOrEqual(timerCount);
  });
});

describe('a UDP tracker with several addresses', () => {
  it('is asked over both families, and tells the peers of both', async () => {
    await using over4 = await startUdp(honest);
    await using over6 = await startUdp(
      (request, reply) =>
        request.action === 0
          ? honest(request, reply)
          : reply(announceAnswer(request.transactionId, IPV6_PEER)),
      { host: '::1', port: over4.port },
    );
    const world = named('127.0.0.1', '::1');
    const url = `udp://t.example:${over4.port}/announce`;
    const { peers } = await announceIn(url, environment(), {}, world);
    expect(peers).toEqual([{ host: '2001:db8::7', port: 6881 }, ...PEERS]);
    expect([over4.asked, over6.asked]).toEqual(['connect announce', 'connect announce']);
    const limited = await announceIn(url, environment(), { maxPeers: 1 }, world);
    expect(limited.peers).toHaveLength(1);
    expect(limited.issues).toEqual([{ code: 'TOO_MANY_PEERS', count: 1 }]);
  });

  it('need not answer over both: of the silent family only a moment is waited for', async () => {
    const clock = new HandClock();
    await using over4 = await startUdp(honest);
    await using silent = await startUdp(() => {}, { host: '::1', port: over4.port });
    const announced = announceIn(
      `udp://t.example:${over4.port}/announce`,
      environment({ clock }),
      {},
      named('127.0.0.1', '::1'),
    );
    while (![...clock.timers.values()].includes(1_000)) await new Promise(setImmediate);
    clock.runNext();
    expect((await announced).peers).toEqual(PEERS);
    expect(silent.asked).toBe('connect');
    expect(clock.timers.size).toBe(0);
  });

  it('is asked at the next address when one refuses', async () => {
    await using server = await startUdp(honest, { host: '127.0.0.2' });
    const world = named('127.0.0.1', '127.0.0.2', '::1');
    const { peers } = await announceIn(`udp://t.example:${server.port}/announce`, environment(), {}, world);
    expect(peers).toEqual(PEERS);
  });

  it('is asked at the next address when one is silent', async () => {
    const clock = new HandClock();
    await using server = await startUdp(honest, { host: '127.0.0.2' });
    await using silent = await startUdp(() => clock.runNext(), { host: '127.0.0.1', port: server.port });
    const { peers } = await announceIn(
      `udp://t.example:${server.port}/announce`,
      environment({ clock }),
      {},
      named('127.0.0.1', '127.0.0.2'),
    );
    expect(peers).toEqual(PEERS);
    expect(silent.asked).toBe('connect');
    expect(clock.nowMs).toBe(15_000);
  });
});

describe('scrape() over UDP', () => {
  it('asks for 74 torrents at once, over one connection', async () => {
    await using server = await startUdp((request, reply) => {
      const { action, transactionId, packet } = request;
      if (action === 0) return honest(request, reply);
      const count = (packet.length - 16) / 20;
      const entries = Array.from({ length: count }, (_, index) =>
        udpPacket(packet[16 + index * 20] ?? 0, 2, 3),
      );
      reply(udpPacket(2, transactionId, ...entries));
    });
    const hashes = Array.from({ length: 100 }, (_, index) => infoHash(new Uint8Array(20).fill(index)));
    const found = await scrape(server.url, [...hashes, ...hashes]);
    expect(server.asked).toBe('connect scrape scrape');
    expect(found.size).toBe(100);
    expect(found.get('63'.repeat(20))).toEqual({ seeders: 99, downloads: 2, leechers: 3 });
  });

  it('fails if the tracker tells less than it was asked', async () => {
    await using server = await startUdp((request, reply) =>
      request.action === 0 ? honest(request, reply) : reply(udpPacket(2, request.transactionId, 1, 2, 3)),
    );
    const hashes = [1, 2].map((byte) => infoHash(new Uint8Array(20).fill(byte)));
    await expect(scrape(server.url, hashes)).rejects.toMatchObject({ code: 'MALFORMED_PACKET' });
  });

  it('refuses to ask for nothing', async () => {
    await expect(scrape('udp://127.0.0.1:1/announce', [])).rejects.toThrow(RangeError);
  });
});
