import { describe, expect, it, vi } from 'vitest';
import { encodeAnswer } from '../krpc/encode.ts';
import type { KrpcAnswer, KrpcItem, KrpcQuery } from '../krpc/message.ts';
import { signedBytes } from '../item/signing.ts';
import { signingKey } from '../item/ed25519.ts';
import { secureId } from '../secure-id.ts';
import { ascii } from '../testing/bytes.ts';
import { ASKER_ID, at, loneCore, type LoneCore, type Sent } from '../testing/lone-core.ts';
import { endpointDrawer, seededBytes } from '../testing/random.ts';
import { targetOf } from './item-keeper.ts';
import { searchPeers } from './search.ts';

const HASH = new Uint8Array(20).fill(0xaa);
const STRANGER = at('198.51.100.7');
const MINUTE_MS = 60_000;
const random = seededBytes(5);

function contact(endpoint = endpointDrawer(1)()) {
  return { id: secureId(endpoint.ip, random), endpoint };
}

/** Answers a query that a core has sent. */
function answer(
  lone: LoneCore,
  { to, message }: Sent,
  id: Uint8Array,
  fields: KrpcAnswer = {},
  nowMs = 1,
): void {
  lone.core.receive(encodeAnswer(fields, { transactionId: message.transactionId, id, to }), to, nowMs);
}

function method({ message }: Sent): string {
  return message.type === 'query' ? message.query.method : message.type;
}

describe('a node that joins', () => {
  it('takes what a router names, and neither keeps the router nor asks it when it knows others', () => {
    const lone = loneCore();
    const draw = endpointDrawer(2);
    const others = Array.from({ length: 6 }, () => contact(draw()));
    let joined = -1;
    lone.core.join([], [STRANGER], (nodes) => (joined = nodes), 0);
    const [first] = lone.take();
    expect(first?.to).toEqual(STRANGER);
    // Its id does not belong to its address, as is so with the public ones.
    answer(lone, first!, new Uint8Array(20).fill(1), { nodes: others });
    for (let sent = lone.take(); sent.length > 0; sent = lone.take()) {
      for (const each of sent)
        answer(lone, each, others.find(({ endpoint }) => endpoint.ip.join() === each.to.ip.join())!.id);
    }
    expect(joined).toBe(6);
    searchPeers(lone.core, { infoHash: HASH, onAnswer: () => {}, onDone: () => {} }, 2);
    expect(lone.take().map(({ to }) => to)).not.toContainEqual(STRANGER);
  });

  it('says so once, though it takes another id on the way', () => {
    const events: string[] = [];
    const lone = loneCore({ onEvent: ({ type }) => events.push(type) });
    const draw = endpointDrawer(6);
    const others = Array.from({ length: 8 }, () => contact(draw()));
    let joins = 0;
    lone.core.join([STRANGER], [], () => (joins += 1), 0);
    const seenAs = at('203.0.113.9');
    for (let sent = lone.take(); sent.length > 0; sent = lone.take()) {
      for (const { to, message } of sent) {
        const id = others.find(({ endpoint }) => endpoint.ip.join() === to.ip.join())?.id ?? ASKER_ID;
        const fields = { transactionId: message.transactionId, id, to: seenAs };
        lone.core.receive(encodeAnswer({ nodes: others }, fields), to, 1);
      }
    }
    expect(events).toContain('idChanged');
    expect(joins).toBe(1);
  });

  it('asks again where it began as long as it knows nobody', () => {
    const lone = loneCore();
    lone.core.join([STRANGER], [], () => {}, 0);
    expect(lone.take()).toHaveLength(1);
    for (let nowMs = 0; nowMs < 3 * MINUTE_MS; nowMs = Math.max(nowMs + 1, lone.core.deadlineMs))
      lone.core.tick(nowMs);
    expect(lone.take().length).toBeGreaterThan(1);
  });

  it('asks nodes of one family for those of the other while that one looks for them', () => {
    const named: number[] = [];
    const lone = loneCore({
      relatives: {
        closest: () => [],
        named: (family) => named.push(family),
        wants: (family) => family === 6,
      },
    });
    lone.core.join([STRANGER], [], () => {}, 0);
    const [first] = lone.take();
    expect(first?.message).toMatchObject({ query: { method: 'find_node', want: [4, 6] } });
    const six = { id: ASKER_ID, endpoint: at('2001:db8::1') };
    answer(lone, first!, secureId(STRANGER.ip, random), { nodes: [], nodes6: [six] });
    expect(named).toEqual([6]);
  });
});

describe('a node that is asked', () => {
  const relatives = {
    closest: () => [{ id: ASKER_ID, endpoint: at('2001:db8::1') }],
    named: () => {},
    wants: () => false,
  };

  it.each<[KrpcQuery, string[]]>([
    [{ method: 'find_node', target: HASH }, ['nodes']],
    [{ method: 'find_node', target: HASH, want: [6] }, ['nodes6']],
    [{ method: 'find_node', target: HASH, want: [4, 6] }, ['nodes', 'nodes6']],
    [{ method: 'get_peers', infoHash: HASH, want: [6] }, ['nodes6', 'token']],
    [{ method: 'sample_infohashes', target: HASH }, ['nodes', 'samples', 'sampleCount', 'sampleIntervalMs']],
  ])('%j answers with %j', (query, keys) => {
    const lone = loneCore({ relatives });
    const sent = lone.ask(query, at('127.0.0.1', 7));
    if (sent?.message.type !== 'answer') throw new Error('There is no answer');
    const found = Object.entries(sent.message.answer).filter(([, value]) => value !== undefined);
    expect(found.map(([key]) => key).toSorted()).toEqual(keys.toSorted());
    expect(sent.message.seenAs).toEqual(at('127.0.0.1', 7));
  });

  it('pings whoever asks, and keeps those that answer; of those that are read-only neither', () => {
    const lone = loneCore();
    const asker = at('127.0.0.1', 7);
    lone.ask({ method: 'ping' }, asker);
    const [ping] = lone.take();
    expect(method(ping!)).toBe('ping');
    expect(lone.core.nodeCount).toBe(0);
    answer(lone, ping!, ASKER_ID);
    expect(lone.core.nodeCount).toBe(1);
    lone.ask({ method: 'ping' }, asker, 2);
    expect(lone.take()).toEqual([]);
  });

  it('answers nothing, if it is read-only, and says so when it asks', () => {
    const lone = loneCore({ isReadOnly: true });
    expect(lone.ask({ method: 'ping' }, at('127.0.0.1', 7))).toBeUndefined();
    lone.take();
    lone.core.probe(STRANGER, 0);
    expect(lone.take()[0]?.message).toMatchObject({ isReadOnly: true });
  });
});

describe('a table', () => {
  it('is looked after: each range that was silent for fifteen minutes is searched', () => {
    const lone = loneCore();
    const draw = endpointDrawer(3);
    for (let count = 0; count < 60; count += 1) lone.core.introduce(contact(draw()), 0);
    const targets = new Set<string>();
    for (let nowMs = 0; nowMs < 40 * MINUTE_MS; nowMs = Math.max(nowMs + 1, lone.core.deadlineMs)) {
      lone.core.tick(nowMs);
      for (const sent of lone.take()) {
        if (sent.message.type === 'query' && 'target' in sent.message.query)
          targets.add(sent.message.query.target.join());
        expect(nowMs).toBeGreaterThanOrEqual(14 * MINUTE_MS);
      }
    }
    expect(targets.size).toBeGreaterThanOrEqual(lone.core.statistics(0).table.buckets);
  });

  it('loses nodes that do not answer twice in a row', () => {
    const lone = loneCore();
    const node = contact(STRANGER);
    lone.core.introduce(node, 0);
    for (let count = 0; count < 2; count += 1) {
      lone.core.probe(STRANGER, count * 10_000);
      lone.core.tick(count * 10_000 + 5000);
    }
    expect(lone.core.statistics(20_000).table).toMatchObject({ good: 0, bad: 1 });
    expect(lone.core.goodNodes(HASH, 20_000)).toEqual([]);
  });
});

describe('what a node asks', () => {
  it('waits for bandwidth, and is not lost', () => {
    const lone = loneCore({ limits: { bytesPerSecond: 600 } });
    const draw = endpointDrawer(4);
    const outcomes: unknown[] = [];
    for (let count = 0; count < 30; count += 1)
      lone.core.probe(draw(), 0, (outcome) => outcomes.push(outcome));
    const atOnce = lone.take().length;
    expect(atOnce).toBeGreaterThan(5);
    expect(atOnce).toBeLessThan(12);
    let sent = atOnce;
    for (let nowMs = 0; nowMs < 10_000; nowMs = Math.max(nowMs + 1, lone.core.deadlineMs)) {
      lone.core.tick(nowMs);
      sent += lone.take().length;
      expect(lone.core.statistics(nowMs).bytesSent).toBeLessThanOrEqual(600 * (1 + nowMs / 1000));
    }
    expect(sent).toBe(30);
    expect(outcomes).toEqual(Array.from({ length: 30 }, () => undefined));
  });

  it('is at most fifty packets to one host in ten seconds, whoever has it do so', () => {
    const lone = loneCore();
    let failed = 0;
    for (let port = 1; port <= 80; port += 1)
      lone.core.probe(at('198.51.100.7', port), 0, () => (failed += 1));
    lone.core.tick(0);
    expect(lone.take()).toHaveLength(50);
    expect(failed).toBe(30);
  });
});

describe('a value that is put', () => {
  const NEIGHBOUR = at('127.0.0.1', 7);

  async function put(lone: LoneCore, item: KrpcItem, cas?: bigint): Promise<unknown> {
    const given = lone.ask({ method: 'get', target: targetOf(item) }, NEIGHBOUR);
    const token = given?.message.type === 'answer' ? given.message.answer.token : undefined;
    const reply = lone.ask({ method: 'put', token: token ?? ascii('none'), item, cas }, NEIGHBOUR);
    if (reply !== undefined) return codeOf(reply);
    // A signature is being verified.
    return vi
      .waitUntil(
        () => {
          const late = lone.take().find(({ message }) => message.type !== 'query');
          return late === undefined ? undefined : { code: codeOf(late) };
        },
        { interval: 1, timeout: 10_000 },
      )
      .then(({ code }) => code);
  }

  function codeOf({ message }: Sent): number {
    return message.type === 'error' ? message.errorCode : 0;
  }

  async function signed(sequence: bigint, text: string, salt = ''): Promise<KrpcItem> {
    const key = await signingKey(new Uint8Array(32).fill(3));
    const value = ascii(`${text.length}:${text}`);
    const signature = await key.sign(signedBytes(ascii(salt), sequence, value));
    return { value, mutable: { publicKey: key.publicKey, signature, sequence, salt: ascii(salt) } };
  }

  it('is stored if all is right, and refused with the code that says what is wrong', async () => {
    const lone = loneCore();
    expect(await put(lone, { value: ascii('5:hello') })).toBe(0);
    expect(await put(lone, { value: ascii(`1000:${'x'.repeat(1000)}`) })).toBe(205);
    expect(await put(lone, await signed(5n, 'five'))).toBe(0);
    expect(await put(lone, await signed(4n, 'four'))).toBe(302);
    expect(await put(lone, await signed(5n, 'other'))).toBe(302);
    expect(await put(lone, await signed(5n, 'five'))).toBe(0);
    expect(await put(lone, await signed(6n, 'six'), 4n)).toBe(301);
    expect(await put(lone, await signed(6n, 'six'), 5n)).toBe(0);
    expect(await put(lone, await signed(1n, 'salted', 'x'.repeat(64)))).toBe(0);
    expect(await put(lone, await signed(1n, 'salted', 'x'.repeat(65)))).toBe(207);
    const forged = await signed(9n, 'nine');
    expect(await put(lone, { ...forged, value: ascii('4:zero') })).toBe(206);
    expect(await put(lone, { ...forged, mutable: { ...forged.mutable!, sequence: -1n } })).toBe(203);
    expect(lone.core.items.size).toBe(3);
  });

  it('is not sent to those who have it already', async () => {
    const lone = loneCore();
    const item = await signed(5n, 'five');
    await put(lone, item);
    const get = (sequence?: bigint): unknown =>
      lone.ask({ method: 'get', target: targetOf(item), sequence }, NEIGHBOUR)?.message;
    expect(get()).toMatchObject({ answer: { item: { value: item.value } } });
    expect(get(4n)).toMatchObject({ answer: { item: { value: item.value } } });
    expect(get(5n)).toMatchObject({ answer: { sequence: 5n } });
    expect(get(5n)).not.toHaveProperty('answer.item');
  });
});
