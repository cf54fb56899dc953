import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DhtNode, type NodeAddress } from '@millrace/dht/node';
import { describe, it, type TestContext } from 'vitest';
import { type DhtAction, startDhtPeer } from './src/dht-peer.ts';
import { freePort } from './src/free-port.ts';
import { startLoneSeeder } from './src/lone-seeder.ts';
import { ManagedProcess } from './src/managed-process.ts';
import { runMillrace } from './src/millrace.ts';
import { NODE_ADDRESSES, openNetNamespaces, THEIRS } from './src/net-namespaces.ts';
import { KIB, writePayload } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import type { SeederKind } from './src/seeder.ts';
import { infoHashOf } from './src/torrent-file.ts';
import { waitFor } from './src/wait-for.ts';

/** The key of BEP 44's test vectors, which libtorrent signs with here. */
const PUBLIC_KEY = '77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548';
/** Nodes of other processes are run from source, as those of this one. */
const SOURCE = '--conditions=@millrace/source';
const HOSTS = { 4: '127.0.0.1', 6: '::1' } as const;

/** Some nodes of ours at loopback addresses, which all know each other. */
async function startNodes(context: TestContext, host: string, count: number): Promise<readonly DhtNode[]> {
  const nodes: DhtNode[] = [];
  context.onTestFinished(async () => {
    await Promise.all(nodes.map((node) => node.close()));
  });
  while (nodes.length < count) {
    const bootstrap = nodes[0]?.addresses ?? [];
    const node = await DhtNode.create({ addresses: [host], bootstrap });
    nodes.push(node);
    await node.ready;
  }
  return nodes;
}

async function startPeer(context: TestContext, host: string, node: DhtNode, actions: readonly DhtAction[]) {
  const [known] = node.addresses;
  if (known === undefined) throw new Error('A node has an address');
  const peer = await startDhtPeer({ host, port: await freePort() }, known, actions);
  context.onTestFinished(() => peer[Symbol.asyncDispose]());
  context.onTestFailed(() => console.error(peer.process.log));
  return peer;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** A peer that takes connections, and says when the first has come. */
async function listen(
  context: TestContext,
): Promise<{ readonly port: number; readonly called: Promise<unknown> }> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  context.onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It listens nowhere');
  return { port: address.port, called: once(server, 'connection') };
}

describe.concurrent('a DHT of ours and of others', () => {
  it.for([4, 6] as const)(
    'libtorrent finds what we announce, and we what it announces, over IPv%i',
    async (family, context) => {
      const { expect } = context;
      requirePrograms(context, ['libtorrent']);
      const host = HOSTS[family];
      const nodes = await startNodes(context, host, 5);
      const [ours, theirs] = [randomBytes(20), randomBytes(20)];
      await nodes[1]!.announce(ours, { port: 4242 });
      const peer = await startPeer(context, host, nodes[0]!, [
        { do: 'get_peers', hash: ours.toString('hex') },
        { do: 'announce', hash: theirs.toString('hex') },
      ]);
      const [found] = await peer.results();
      expect(found).toEqual({ peers: [`${host}:4242`] });
      const peers = await waitFor(
        'what libtorrent announced',
        async () => {
          const list = await all(nodes[3]!.getPeers(theirs));
          return list.length > 0 && list;
        },
        // Of one address, as all have here, libtorrent hears out five packets a second and no more for minutes.
        { timeoutMs: 45_000, everyMs: 1_000 },
      );
      expect(peers).toEqual([peer.address]);
      // It counts as a node like any other.
      expect((await nodes[2]!.ping(peer.address)).id).toHaveLength(20);
    },
  );

  it('libtorrent gets what we put, and we what it puts: values that change and that do not', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    const nodes = await startNodes(context, '127.0.0.1', 4);
    const { target } = await nodes[1]!.put({ value: 'ours' });
    const peer = await startPeer(context, '127.0.0.1', nodes[0]!, [
      { do: 'get', target: Buffer.from(target).toString('hex') },
      { do: 'put', text: 'theirs' },
      { do: 'put_mutable', text: 'first', salt: 'news' },
      { do: 'put_mutable', text: 'second', salt: 'news' },
      { do: 'get_mutable', key: PUBLIC_KEY, salt: 'news' },
    ]);
    const [got, put, stored, first, second, again] = await peer.results();
    expect(got).toEqual({ value: 'ours' });
    expect(stored).toEqual({ stored: expect.any(Number) });
    expect([Number(first?.['stored']) > 0, Number(second?.['stored']) > 0]).toEqual([true, true]);
    expect(again).toEqual({ value: 'second', seq: 2 });
    const item = await nodes[3]!.get(Buffer.from(String(put?.['target']), 'hex'));
    expect(Buffer.from(item?.encoded ?? []).toString()).toBe('6:theirs');
    const name = { publicKey: Buffer.from(PUBLIC_KEY, 'hex'), salt: Buffer.from('news') };
    const signed = await nodes[3]!.get(name);
    expect(signed?.sequence).toBe(2n);
    expect(Buffer.from(signed?.encoded ?? []).toString()).toBe('6:second');
  });

  it('libtorrent samples our info hashes, and we its', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    const nodes = await startNodes(context, '127.0.0.1', 3);
    const hash = randomBytes(20);
    await nodes[1]!.announce(hash, { port: 4242 });
    const [node] = nodes[0]!.addresses;
    const peer = await startPeer(context, '127.0.0.1', nodes[0]!, [
      { do: 'sample', host: node!.host, port: node!.port },
    ]);
    expect(await peer.results()).toEqual([{ samples: [hash.toString('hex')], total: 1 }]);
    const theirs = await waitFor('libtorrent to store something', async () => {
      await nodes[2]!.announce(hash, { port: 4243 });
      const sample = await nodes[2]!.sampleFrom(peer.address);
      return sample.infoHashes.length > 0 && sample;
    });
    expect(theirs.infoHashes.map((each) => Buffer.from(each).toString('hex'))).toEqual([
      hash.toString('hex'),
    ]);
  });

  it('aria2 finds what we announce, and calls it', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['aria2']);
    const nodes = await startNodes(context, '127.0.0.1', 4);
    const hash = randomBytes(20);
    const { port, called } = await listen(context);
    await nodes[1]!.announce(hash, { port });
    const folder = await mkdtemp(join(tmpdir(), 'millrace-interop-'));
    context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await using aria2 = await startAria2(hash, folder, nodes[0]!.addresses[0]!);
    context.onTestFailed(() => console.error(aria2.log));
    // Nobody else knows the port, and nothing but the DHT names it.
    await expect(called).resolves.toBeDefined();
  });

  it.for<[SeederKind, 4 | 6]>([
    ['transmission', 4],
    ['aria2', 6],
  ])('%s finds what we announce, over IPv%i, and calls it', async ([kind, family], context) => {
    const { expect } = context;
    requirePrograms(context, [kind]);
    // transmission takes no packets from loopback.
    await using hosts = openNetNamespaces(context);
    const folder = await mkdtemp(join(tmpdir(), 'millrace-interop-'));
    context.onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const payload = await writePayload(join(folder, 'data'), { name: 'wanted.bin', files: 64 * KIB });
    const torrent = join(folder, 'wanted.torrent');
    await runMillrace(['create', '-o', torrent, payload]);
    const addresses = NODE_ADDRESSES[family];
    const script = join(import.meta.dirname, 'src/dht-announcer-process.ts');
    const hash = await infoHashOf(torrent);
    const [program = '', ...args] = [
      ...hosts.ours.launcher,
      process.execPath,
      SOURCE,
      script,
      hash,
      ...addresses,
    ];
    let port = 0;
    let isCalled = false;
    await using announcer = await ManagedProcess.start('announcer', program, args, {
      onLine: (line) => {
        port = Number(/"port":(\d+)/u.exec(line)?.[1] ?? port);
        isCalled ||= line.includes('"called"');
      },
    });
    context.onTestFailed(() => console.error(announcer.log));
    await waitFor('the announce', () => port > 0);
    await using leecher = await startLoneSeeder({
      kind,
      launcher: hosts.theirs.launcher,
      torrent,
      // Nothing of it is there.
      dataFolder: join(folder, 'empty'),
      stateFolder: join(folder, 'state'),
      host: THEIRS[`ipv${family}`],
      port: 51_413,
      nodes: addresses.map((address) => [address, port] as const),
    });
    context.onTestFailed(() => console.error(leecher.log));
    await waitFor(`${kind} to call`, () => isCalled, { timeoutMs: 60_000 });
    expect(leecher.isRunning).toBe(true);
  });
});

async function startAria2(hash: Buffer, folder: string, node: NodeAddress): Promise<ManagedProcess> {
  const port = await freePort();
  return ManagedProcess.start('aria2', 'aria2c', [
    '--no-conf=true',
    `--dir=${folder}`,
    `--listen-port=${port}`,
    '--enable-dht=true',
    '--enable-dht6=false',
    `--dht-listen-port=${port}`,
    `--dht-entry-point=${node.host}:${node.port}`,
    `--dht-file-path=${join(folder, 'dht.dat')}`,
    '--bt-enable-lpd=false',
    '--enable-peer-exchange=false',
    '--show-console-readout=false',
    '--summary-interval=0',
    `magnet:?xt=urn:btih:${hash.toString('hex')}`,
  ]);
}
