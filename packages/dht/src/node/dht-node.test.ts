import { afterEach, describe, expect, it } from 'vitest';
import { DhtError } from '../error.ts';
import { signingKey } from '../item/ed25519.ts';
import { startNetwork, type TestNetwork } from '../testing/network.ts';
import { DhtNode } from './dht-node.ts';

const HASH = new Uint8Array(20).fill(0xab);
const LOOPBACK = ['127.0.0.1'];

let networks: TestNetwork[] = [];

afterEach(async () => {
  const open = networks;
  networks = [];
  for (const each of open) await each.close();
});

async function network(count: number, addresses: readonly string[] = LOOPBACK): Promise<TestNetwork> {
  const started = await startNetwork(count, addresses);
  networks.push(started);
  return started;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('DhtNode', () => {
  it('finds what another node announced, by way of nodes that neither knew', async () => {
    const { nodes } = await network(12);
    const [one, other] = [nodes[3]!, nodes[9]!];
    expect(await one.announce(HASH, { port: 4242 })).toMatchObject({ nodes: 8 });
    expect(await all(other.getPeers(HASH))).toEqual([{ host: '127.0.0.1', port: 4242 }]);
  });

  it('has others take its port from its packets, if it does not know it', async () => {
    const { nodes } = await network(3);
    await nodes[1]!.announce(HASH, { port: 1, impliedPort: true });
    expect(await all(nodes[2]!.getPeers(HASH))).toEqual([{ host: '127.0.0.1', port: nodes[1]!.port }]);
  });

  it('finds what was announced to itself alone', async () => {
    const { nodes } = await network(2);
    await nodes[1]!.announce(HASH, { port: 77 });
    expect(await all(nodes[0]!.getPeers(HASH))).toEqual([{ host: '127.0.0.1', port: 77 }]);
  });

  it('does the same over IPv6, where both networks are joined through nodes of one', async () => {
    const { nodes, first } = await network(5, ['127.0.0.1', '::1']);
    // It knows an IPv4 address only; of the IPv6 nodes it hears from IPv4 ones. BEP 32
    await using late = await DhtNode.create({ addresses: ['127.0.0.1', '::1'], bootstrap: [first] });
    await late.ready;
    await expect.poll(() => late.statistics().members[1]!.table.good).toBeGreaterThan(2);
    await nodes[2]!.announce(HASH, { port: 5 });
    const peers = await all(late.getPeers(HASH));
    expect(new Set(peers.map(({ host }) => host))).toEqual(new Set(['127.0.0.1', '::1']));
  });

  it('is several nodes at several addresses, with ids far from each other, and announces each', async () => {
    const { nodes, first } = await network(4);
    await using many = await DhtNode.create({
      addresses: ['127.0.0.1', '127.0.0.2', '127.0.0.3'],
      bootstrap: [first],
    });
    await many.ready;
    const { members } = many.statistics();
    expect(new Set(members.map(({ id }) => id.join())).size).toBe(3);
    expect(new Set(many.addresses.map(({ port }) => port)).size).toBe(1);
    await many.announce(HASH, { port: 99 });
    const found = await all(nodes[1]!.getPeers(HASH));
    expect(found.map(({ host }) => host).toSorted()).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  });

  it('counts seeds and other peers', async () => {
    const { nodes } = await network(6);
    await nodes[1]!.announce(HASH, { port: 1001, seed: true });
    expect(await nodes[3]!.scrape(HASH)).toEqual({ seeds: 1, peers: 0 });
  });

  it('names peers that lack something, if those are preferred', async () => {
    const { nodes } = await network(4);
    await nodes[1]!.announce(HASH, { port: 1001, seed: true });
    await nodes[2]!.announce(HASH, { port: 1002 });
    expect(await all(nodes[3]!.getPeers(HASH, { noSeed: true }))).toEqual(
      expect.arrayContaining([{ host: '127.0.0.1', port: 1002 }]),
    );
  });

  it('stores values that cannot change, and finds them', async () => {
    const { nodes } = await network(6);
    const { target, nodes: count } = await nodes[1]!.put({ value: { text: 'hello', list: [1, 2] } });
    expect(count).toBe(5);
    const item = await nodes[4]!.get(target);
    expect(new TextDecoder().decode(item?.encoded)).toBe('d4:listli1ei2ee4:text5:helloe');
    expect(await nodes[4]!.get(HASH)).toBeUndefined();
  });

  it('stores values that only their owner can change, and finds the newest', async () => {
    const { nodes } = await network(6);
    const key = await signingKey(new Uint8Array(32).fill(1));
    const salt = new TextEncoder().encode('news');
    const name = { publicKey: key.publicKey, salt };
    expect(await nodes[1]!.put({ key, salt, value: 'first' })).toMatchObject({ sequence: 1n });
    expect(await nodes[2]!.put({ key, salt, value: 'second' })).toMatchObject({ sequence: 2n });
    const item = await nodes[3]!.get(name);
    expect(item?.sequence).toBe(2n);
    expect(new TextDecoder().decode(item?.encoded)).toBe('6:second');
    await expect(nodes[4]!.put({ key, salt, value: 'lost', cas: 1n })).rejects.toMatchObject({
      detail: { code: 'CONFLICT', sequence: 2n, expected: 1n },
    });
    await expect(nodes[4]!.put({ key, salt, value: 'old', sequence: 1n })).rejects.toMatchObject({
      detail: { code: 'NOT_STORED', refusals: expect.arrayContaining([302]) },
    });
    expect(await nodes[4]!.put({ key, salt, value: 'third', cas: 2n })).toMatchObject({ sequence: 3n });
  });

  it('asks nodes which info hashes they know', async () => {
    const { nodes, first } = await network(6);
    await nodes[1]!.announce(HASH, { port: 9 });
    const samples = await all(nodes[2]!.sample());
    const found = samples.find(({ infoHashes }) => infoHashes.length > 0);
    expect(found).toMatchObject({ infoHashes: [HASH], total: 1 });
    expect((await nodes[3]!.sampleFrom(first)).node).toEqual(first);
  });

  it('pings', async () => {
    const { nodes, first } = await network(2);
    const pong = await nodes[1]!.ping(first);
    expect(pong).toMatchObject({ address: first });
    expect(pong.id).toEqual(nodes[0]!.statistics().members[0]!.id);
  });

  it('asks and answers nothing if it is read-only', async () => {
    const { nodes, first } = await network(3);
    await nodes[1]!.announce(HASH, { port: 9 });
    await using silent = await DhtNode.create({ addresses: LOOPBACK, bootstrap: [first], isReadOnly: true });
    await silent.ready;
    expect(await all(silent.getPeers(HASH))).toHaveLength(1);
    const stop = AbortSignal.timeout(200);
    await expect(nodes[1]!.ping(silent.addresses[0]!, { signal: stop })).rejects.toThrow('timeout');
    // Nobody keeps it in a table, where it would be asked in vain.
    for (const node of nodes) expect(node.statistics().members[0]!.table.good).toBeLessThanOrEqual(2);
  });

  it('goes on with the nodes of an earlier run, and with its id', async () => {
    const { nodes, first } = await network(5);
    const before = await DhtNode.create({ addresses: LOOPBACK, bootstrap: [first] });
    await before.ready;
    await nodes[2]!.announce(HASH, { port: 31 });
    const state = before.exportState();
    const { id } = before.statistics().members[0]!;
    await before.close();
    await using after = await DhtNode.create({ addresses: LOOPBACK, state });
    expect(after.statistics().members[0]!.id).toEqual(id);
    expect(await all(after.getPeers(HASH))).toEqual([{ host: '127.0.0.1', port: 31 }]);
  });

  it('refuses a state that is none', async () => {
    const broken = DhtNode.create({ addresses: LOOPBACK, state: new TextEncoder().encode('d1:xi1ee') });
    await expect(broken).rejects.toMatchObject({ detail: { code: 'INVALID_STATE' } });
  });

  it('says that nobody answered', async () => {
    await using alone = await DhtNode.create({ addresses: LOOPBACK });
    await alone.ready;
    await expect(all(alone.getPeers(HASH))).rejects.toSatisfy((error) => DhtError.is(error));
    await expect(alone.announce(HASH, { port: 1 })).rejects.toMatchObject({ code: 'NO_NODES' });
    await expect(alone.get(HASH)).rejects.toMatchObject({ code: 'NO_NODES' });
    await expect(alone.put({ value: 1 })).rejects.toMatchObject({ code: 'NO_NODES' });
  });

  it('rejects with the reason of the signal, and ends when nobody reads', async () => {
    const { nodes } = await network(3);
    const reason = new Error('enough');
    await expect(all(nodes[1]!.getPeers(HASH, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    await nodes[1]!.announce(HASH, { port: 9 });
    for await (const peer of nodes[2]!.getPeers(HASH)) {
      expect(peer.port).toBe(9);
      break;
    }
  });

  it('ends searches when it is closed, and leaves nothing open', async () => {
    const { first } = await network(1);
    const node = await DhtNode.create({ addresses: LOOPBACK, bootstrap: [first] });
    await node.ready;
    await networks.pop()!.close();
    const search = node.announce(HASH, { port: 9 });
    const [outcome] = await Promise.allSettled([search, node.close()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
    await expect
      .poll(() => process.getActiveResourcesInfo().filter((name) => name.startsWith('UDP')))
      .toEqual([]);
  });

  it('has one sequence number for what it stores in both DHTs', async () => {
    const { nodes, first } = await network(3);
    const key = await signingKey(new Uint8Array(32).fill(2));
    await nodes[1]!.put({ key, value: 'one', sequence: 7n });
    const { nodes: six, first: first6 } = await network(2, ['::1']);
    await using both = await DhtNode.create({ addresses: ['127.0.0.1', '::1'], bootstrap: [first, first6] });
    await both.ready;
    expect(await both.put({ key, value: 'two' })).toMatchObject({ sequence: 8n });
    expect((await six[1]!.get({ publicKey: key.publicKey }))?.sequence).toBe(8n);
  });

  it('refuses what cannot be meant', async () => {
    await expect(DhtNode.create({ addresses: [] })).rejects.toThrow(RangeError);
    await expect(DhtNode.create({ addresses: LOOPBACK, port: 70_000 })).rejects.toThrow(RangeError);
    const { nodes } = await network(1);
    expect(() => nodes[0]!.getPeers(new Uint8Array(19))).toThrow(RangeError);
    await expect(nodes[0]!.announce(HASH, { port: 0 })).rejects.toThrow(RangeError);
    await expect(nodes[0]!.put({ value: 'x'.repeat(1000) })).rejects.toThrow(RangeError);
    await expect(nodes[0]!.get({ publicKey: new Uint8Array(31) })).rejects.toThrow(RangeError);
    await expect(nodes[0]!.get({ publicKey: new Uint8Array(32), salt: new Uint8Array(65) })).rejects.toThrow(
      RangeError,
    );
    expect(() => nodes[0]!.addNode({ host: '127.0.0.1', port: 0 })).toThrow(RangeError);
  });

  it('cannot listen where someone else does', async () => {
    const { first } = await network(1);
    const second = DhtNode.create({ addresses: LOOPBACK, port: first.port });
    await expect(second).rejects.toMatchObject({ detail: { code: 'CANNOT_LISTEN' } });
  });
});
