import { describe, expect, it } from 'vitest';
import { encodeAnswer } from '../krpc/encode.ts';
import type { KrpcAnswer } from '../krpc/message.ts';
import { searchPeers } from './search.ts';
import { secureId } from '../secure-id.ts';
import { ascii } from '../testing/bytes.ts';
import { ASKER_ID, at, loneCore } from '../testing/lone-core.ts';
import { endpointDrawer, seededBytes } from '../testing/random.ts';

const HASH = new Uint8Array(20).fill(0xaa);
const STRANGER = at('198.51.100.7');
const NEIGHBOUR = at('127.0.0.1', 7000);
const random = seededBytes(5);

function token(answer: ReturnType<ReturnType<typeof loneCore>['ask']>): Uint8Array {
  const given = answer?.message.type === 'answer' ? answer.message.answer.token : undefined;
  if (given === undefined) throw new Error('There is no token');
  return given;
}

function answerTo(sent: ReturnType<ReturnType<typeof loneCore>['ask']>): KrpcAnswer {
  expect(sent?.packet.length).toBeLessThanOrEqual(1024);
  if (sent?.message.type !== 'answer') throw new Error('There is no answer');
  return sent.message.answer;
}

describe('a packet that is none', () => {
  const texts = [
    '',
    'x',
    'd',
    'de',
    'd1:t2:aae',
    'd1:t2:aa1:y1:re',
    'd1:t2:aa1:y1:xe',
    'i5e',
    'le',
    'l'.repeat(1500),
  ];

  it('is counted and dropped', () => {
    const { core, take } = loneCore();
    for (const text of texts) core.receive(ascii(text), NEIGHBOUR, 0);
    expect(core.statistics(0)).toMatchObject({
      packetsMalformed: texts.length,
      packetsReceived: texts.length,
    });
    expect(take()).toEqual([]);
    expect(core.nodeCount).toBe(0);
  });

  it('is answered with an error if it is a question with a transaction id', () => {
    const { core, take } = loneCore();
    core.receive(ascii('d1:ad2:id20:abcdefghij0123456789e1:q4:what1:t2:aa1:y1:qe'), NEIGHBOUR, 0);
    core.receive(ascii('d1:ad2:id2:abe1:q4:ping1:t2:aa1:y1:qe'), NEIGHBOUR, 0);
    expect(take().map(({ message }) => message)).toMatchObject([
      { type: 'error', errorCode: 204 },
      { type: 'error', errorCode: 203 },
    ]);
  });
});

describe('an answer', () => {
  it('counts only with its transaction id, from where the query went, and once', () => {
    const { core, take } = loneCore();
    const outcomes: unknown[] = [];
    core.probe(STRANGER, 0, (outcome) => outcomes.push(outcome));
    const [ping] = take();
    const { transactionId } = ping!.message;
    expect(transactionId).toHaveLength(4);
    const answer = { transactionId, id: secureId(STRANGER.ip, random), to: STRANGER };
    const wrongId = { ...answer, transactionId: Uint8Array.from(transactionId, (byte) => byte ^ 1) };
    core.receive(encodeAnswer({}, answer), at('198.51.100.7', 6882), 1);
    core.receive(encodeAnswer({}, answer), at('198.51.100.8'), 1);
    core.receive(encodeAnswer({}, wrongId), STRANGER, 1);
    core.receive(encodeAnswer({}, { ...answer, transactionId: transactionId.subarray(0, 2) }), STRANGER, 1);
    expect(outcomes).toEqual([]);
    expect(core.nodeCount).toBe(0);
    core.receive(encodeAnswer({}, answer), STRANGER, 1);
    core.receive(encodeAnswer({}, answer), STRANGER, 1);
    expect(outcomes).toHaveLength(1);
    expect(core.nodeCount).toBe(1);
    expect(core.statistics(1).packetsUnexpected).toBe(5);
  });

  it('brings no one into the table whose id does not belong to the address', () => {
    const { core, take } = loneCore();
    core.probe(STRANGER, 0);
    const { transactionId } = take()[0]!.message;
    core.receive(encodeAnswer({}, { transactionId, id: new Uint8Array(20), to: STRANGER }), STRANGER, 1);
    expect(core.nodeCount).toBe(0);
  });
});

describe('what is sent', () => {
  it('is at most twice what came, until a host has shown that it is where it says', () => {
    const lone = loneCore({
      limits: { packetsPerHost: 10_000, bytesPerSecond: 1_000_000, packetsPerSecond: 100_000 },
    });
    const draw = endpointDrawer(3);
    for (let count = 0; count < 100; count += 1) {
      const endpoint = draw();
      lone.core.introduce({ id: secureId(endpoint.ip, random), endpoint }, 0);
    }
    for (let peer = 0; peer < 200; peer += 1) lone.core.peers.add(HASH, draw(), false, 0);
    const value = { value: ascii(`900:${'x'.repeat(900)}`) };
    lone.core.items.put(HASH, value, STRANGER.ip, 0);
    let bytes = 0;
    for (const method of ['ping', 'find_node', 'get_peers', 'get', 'sample_infohashes'] as const) {
      for (let count = 0; count < 20; count += 1) {
        const query =
          method === 'get_peers' ? { method, infoHash: HASH, scrape: true } : { method, target: HASH };
        const answer = lone.ask(query, STRANGER);
        bytes +=
          (answer?.packet.length ?? 0) + lone.take().reduce((sum, { packet }) => sum + packet.length, 0);
        expect(bytes).toBeLessThanOrEqual(2 * lone.askedBytes);
        if (method === 'get_peers') expect(answer?.message).toHaveProperty('answer.values');
      }
    }
    expect(bytes).toBeGreaterThan(lone.askedBytes);
  });

  it('is a long value once whoever wants it has answered a ping', () => {
    const lone = loneCore();
    lone.core.items.put(HASH, { value: ascii(`900:${'x'.repeat(900)}`) }, STRANGER.ip, 0);
    const first = lone.ask({ method: 'get', target: HASH }, STRANGER);
    expect(answerTo(first).item).toBeUndefined();
    const [ping] = lone.take();
    expect(ping).toMatchObject({ to: STRANGER, message: { query: { method: 'ping' } } });
    expect(first!.packet.length + ping!.packet.length).toBeLessThanOrEqual(2 * lone.askedBytes);
    const { transactionId } = ping!.message;
    lone.core.receive(encodeAnswer({}, { transactionId, id: ASKER_ID, to: STRANGER }), STRANGER, 1);
    expect(answerTo(lone.ask({ method: 'get', target: HASH }, STRANGER)).item?.value).toHaveLength(904);
  });

  it('is all there is, within a packet, once it has', () => {
    const lone = loneCore();
    const draw = endpointDrawer(3);
    for (let count = 0; count < 100; count += 1) {
      const endpoint = draw();
      lone.core.introduce({ id: secureId(endpoint.ip, random), endpoint }, 0);
    }
    for (let peer = 0; peer < 400; peer += 1) lone.core.peers.add(HASH, draw(), false, 0);
    const first = lone.ask({ method: 'get_peers', infoHash: HASH }, STRANGER);
    lone.ask(
      {
        method: 'announce_peer',
        infoHash: HASH,
        port: 1,
        impliedPort: false,
        seed: false,
        token: token(first),
      },
      STRANGER,
    );
    const counted = answerTo(lone.ask({ method: 'get_peers', infoHash: HASH, scrape: true }, STRANGER));
    expect(counted.seedFilter?.estimate()).toBe(0);
    expect(Math.abs((counted.peerFilter?.estimate() ?? 0) - 401)).toBeLessThan(40);
    expect(counted.nodes?.length).toBeGreaterThan(4);
    const plain = answerTo(lone.ask({ method: 'get_peers', infoHash: HASH }, STRANGER));
    expect(plain.nodes).toHaveLength(8);
    expect(plain.values?.length).toBeGreaterThan(60);
  });

  it('is at most 50 packets to one host in ten seconds, and 8,000 bytes a second to all', () => {
    const lone = loneCore();
    let answers = 0;
    for (let count = 0; count < 100; count += 1) {
      if (lone.ask({ method: 'ping' }, STRANGER, count * 10) !== undefined) answers += 1;
    }
    expect(answers).toBe(50);
    expect(lone.core.statistics(0).packetsRefused).toBe(50);
    expect(lone.ask({ method: 'ping' }, STRANGER, 10_001)).toBeDefined();

    // From forged addresses, a new one each time, for ten seconds.
    const flooded = loneCore({ limits: { packetsPerSecond: 100_000 } });
    const draw = endpointDrawer(4);
    let bytes = 0;
    for (let count = 0; count < 20_000; count += 1) {
      flooded.ask({ method: 'find_node', target: HASH }, draw(), count / 2);
    }
    bytes = flooded.core.statistics(10_000).bytesSent;
    expect(bytes).toBeLessThanOrEqual(11 * 8000);
    expect(bytes).toBeLessThanOrEqual(2 * flooded.askedBytes);
    // There is some left for what we ask ourselves.
    flooded.take();
    flooded.core.probe(STRANGER, 10_000);
    expect(flooded.take()).toHaveLength(1);
  });
});

describe('a token', () => {
  const announce = {
    method: 'announce_peer',
    infoHash: HASH,
    port: 5,
    impliedPort: false,
    seed: false,
  } as const;

  it('is good for its address and what was asked for, and five minutes at least', () => {
    const lone = loneCore();
    const given = token(lone.ask({ method: 'get_peers', infoHash: HASH }, STRANGER));
    expect(given).toHaveLength(8);
    const stores = (bytes: Uint8Array, from = STRANGER, nowMs = 0, infoHash = HASH): boolean =>
      lone.ask({ ...announce, infoHash, token: bytes }, from, nowMs)?.message.type === 'answer';
    expect(stores(new Uint8Array(8))).toBe(false);
    expect(stores(given, at('198.51.100.8'))).toBe(false);
    expect(stores(given, STRANGER, 0, new Uint8Array(20))).toBe(false);
    expect(lone.core.peers.peerCount).toBe(0);
    expect(stores(given)).toBe(true);
    expect(stores(given, at('198.51.100.7', 7))).toBe(true);
    expect(stores(given, STRANGER, 9 * 60_000)).toBe(true);
    expect(stores(given, STRANGER, 10 * 60_000)).toBe(false);
    expect(lone.core.peers.peerCount).toBe(1);
  });
});

describe('a search', () => {
  it('sends nothing to addresses of this machine that someone far away names', () => {
    const lone = loneCore();
    lone.core.introduce({ id: secureId(STRANGER.ip, random), endpoint: STRANGER }, 0);
    searchPeers(lone.core, { infoHash: HASH, onAnswer: () => {}, onDone: () => {} }, 0);
    const [query] = lone.take();
    const local = ['127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.169.254'].map((host) => at(host, 80));
    const nodes = local.map((endpoint, index) => ({ id: new Uint8Array(20).fill(0xa0 + index), endpoint }));
    const answer = {
      transactionId: query!.message.transactionId,
      id: secureId(STRANGER.ip, random),
      to: STRANGER,
    };
    lone.core.receive(encodeAnswer({ nodes }, answer), STRANGER, 1);
    expect(lone.take()).toEqual([]);
  });

  it('finds peers though many have put themselves around them from a few networks', () => {
    const draw = endpointDrawer(9);
    const lone = loneCore();
    const honest = Array.from({ length: 20 }, () => {
      const endpoint = draw();
      return { id: secureId(endpoint.ip, random), endpoint };
    });
    // 64 nodes in two networks, with ids next to the target that belong to none of their addresses.
    const liars = Array.from({ length: 64 }, (_, index) => {
      const id = Uint8Array.from(HASH);
      id[18] = index;
      return { id, endpoint: at(`203.0.${112 + (index % 2)}.${index + 1}`) };
    });
    const asked = new Set<string>();
    let found = 0;
    for (const node of honest) lone.core.introduce(node, 0);
    searchPeers(
      lone.core,
      {
        infoHash: HASH,
        onAnswer: (_node, { values = [] }) => {
          found += values.length;
        },
        onDone: () => {},
      },
      0,
    );
    for (let sent = lone.take(); sent.length > 0; sent = lone.take()) {
      for (const { to, message } of sent) {
        asked.add(to.ip.join('.'));
        const node = honest.find(({ endpoint }) => endpoint === to);
        const answer = { transactionId: message.transactionId, id: node?.id ?? new Uint8Array(20), to };
        lone.core.receive(encodeAnswer({ nodes: liars, values: [at('192.0.2.55', 9)] }, answer), to, 1);
      }
    }
    expect(found).toBeGreaterThan(0);
    expect([...asked].filter((ip) => ip.startsWith('203.0.'))).toEqual([]);
  });
});

describe('the address that others see', () => {
  function vote(lone: ReturnType<typeof loneCore>, voter: string, seenAs: string): void {
    const from = at(voter);
    lone.core.probe(from, 0);
    const { transactionId } = lone.take().find(({ to }) => to === from)!.message;
    lone.core.receive(encodeAnswer({}, { transactionId, id: new Uint8Array(20), to: at(seenAs) }), from, 1);
    lone.core.tick(1);
  }

  it('is believed when five networks and most of them agree; the id then belongs to it', () => {
    const events: string[] = [];
    const lone = loneCore({ onEvent: ({ type }) => events.push(type) });
    const before = lone.core.id;
    for (const host of ['198.51.1.1', '198.51.1.2', '198.51.1.3', '198.51.1.4', '198.51.1.5', '198.51.1.6']) {
      vote(lone, host, '203.0.113.66');
    }
    expect(lone.core.externalIp).toBeUndefined();
    for (const host of ['198.51.2.1', '198.51.3.1', '198.51.4.1', '198.51.5.1'])
      vote(lone, host, '203.0.113.9');
    expect(lone.core.externalIp).toBeUndefined();
    expect(lone.core.id).toBe(before);
    vote(lone, '198.51.6.1', '203.0.113.9');
    expect(lone.core.externalIp).toEqual(at('203.0.113.9').ip);
    expect(lone.core.id).not.toBe(before);
    expect(events).toEqual(['addressLearned', 'idChanged']);
  });

  it('is not believed of someone who was not asked', () => {
    const lone = loneCore();
    for (let network = 0; network < 20; network += 1) {
      const answer = {
        transactionId: Uint8Array.of(1, 2, 3, 4),
        id: new Uint8Array(20),
        to: at('203.0.113.9'),
      };
      lone.core.receive(encodeAnswer({}, answer), at(`198.51.${network}.1`), 0);
    }
    expect(lone.core.externalIp).toBeUndefined();
  });
});
