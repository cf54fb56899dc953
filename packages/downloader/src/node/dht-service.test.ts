import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DhtNode } from '@millrace/dht/node';
import type { InfoHash } from '@millrace/metainfo';
import {
  hasReservedBit,
  PeerSession,
  RESERVED_BIT,
  reservedBytes,
  type PeerMessage,
} from '@millrace/peer-wire';
import { listenTcp } from '@millrace/peer-wire/node';
import { startSeeder, startTracker, torrentOf, type SampleTorrent } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../events.ts';
import { openClient } from './client.ts';
import { download } from './download.ts';
import { newPeerId } from './network.ts';

const LOCAL = '127.0.0.1';

let folder: string;
/** What a test has opened: closed after it, the last one first. */
const open: AsyncDisposable[] = [];

function keep<T extends AsyncDisposable>(opened: T): T {
  open.push(opened);
  return opened;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
});
afterEach(async () => {
  for (const opened of open.splice(0).toReversed()) await opened[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A node on loopback; others begin with it. */
async function startNode(...bootstrap: readonly DhtNode[]): Promise<DhtNode> {
  const options = { addresses: [LOCAL], bootstrap: bootstrap.flatMap(({ addresses }) => addresses) };
  const node = keep(await DhtNode.create(options));
  await node.ready;
  return node;
}

/** A seeder of which nothing but the DHT tells. */
async function seedInDht(first: DhtNode): Promise<SampleTorrent> {
  const torrent = await torrentOf([{ path: 'sample', length: 200_000 }]);
  const { metainfo, payload } = torrent;
  const extensions = { metadata: metainfo.infoBytes };
  const seeder = keep(await startSeeder({ metainfo, payload, fast: {}, extensions }));
  const announcer = await startNode(first);
  await announcer.announce(metainfo.infoHash, { port: seeder.address.port });
  return torrent;
}

/** Downloads what nothing but the info hash is known of. Answers the bytes, and who named the peers. */
async function fetchByHash(infoHash: InfoHash, dht: { bootstrap: DhtNode['addresses']; cacheFile?: string }) {
  const origins = new Set<string>();
  const onEvent = (event: DownloadEvent): void => {
    if (event.type === 'peerConnected') origins.add(event.origin);
  };
  const options = { path: mkdtempSync(join(folder, 'out-')), localAddress: LOCAL, pex: false, dht, onEvent };
  const { files } = await download({ infoHash }, options).done;
  return { bytes: readFileSync(files[0] ?? ''), origins: [...origins] };
}

describe('download() with dht', () => {
  it('gets a magnet link and its files by the DHT alone', async () => {
    const first = await startNode();
    const { metainfo, payload } = await seedInDht(first);
    const { bytes, origins } = await fetchByHash(metainfo.infoHash, { bootstrap: first.addresses });
    expect(bytes.equals(payload)).toBe(true);
    expect(origins).toEqual(['dht']);
  });

  it('knows its nodes in the next run, and begins anew where the file is damaged', async () => {
    const cacheFile = join(folder, 'cache', 'dht.state');
    const first = await startNode();
    const { metainfo, payload } = await seedInDht(first);
    await fetchByHash(metainfo.infoHash, { bootstrap: first.addresses, cacheFile });
    const again = await fetchByHash(metainfo.infoHash, { bootstrap: [], cacheFile });
    expect(again.bytes.equals(payload)).toBe(true);
    writeFileSync(cacheFile, 'd7:versioni1e');
    rmSync(`${cacheFile}.old`, { force: true });
    const anew = await fetchByHash(metainfo.infoHash, { bootstrap: first.addresses, cacheFile });
    expect(anew.bytes.equals(payload)).toBe(true);
  });

  it('announces the port that peers can call, at the same number of UDP', async () => {
    const first = await startNode();
    const { infoHash } = (await torrentOf([{ path: 'a', length: 1 }])).metainfo;
    const client = keep(await openClient({ localAddress: LOCAL, dht: { bootstrap: first.addresses } }));
    const told = Promise.withResolvers<void>();
    const onEvent = ({ type }: DownloadEvent): void => {
      if (type === 'dhtAnnounced') told.resolve();
    };
    const { done } = client.download({ infoHash }, { path: folder, onEvent });
    done.catch(() => {});
    await told.promise;
    for await (const peer of first.getPeers(infoHash))
      expect(peer).toEqual({ host: LOCAL, port: client.port });
    expect(first.statistics().storedPeers).toBe(1);
    const { promise, resolve } = Promise.withResolvers<string>();
    const udp = createSocket('udp4').on('error', ({ message }) => resolve(message));
    udp.bind({ port: client.port ?? 0, address: LOCAL, exclusive: true }, () => resolve('free'));
    expect(await promise).toContain('EADDRINUSE');
    await client.close();
  });

  it('takes nodes from the torrent, and tells peers of its own', async () => {
    const [inTorrent, atPeer] = [await startNode(), await startNode()];
    const { metainfo } = await torrentOf([{ path: 'a', length: 100_000 }]);
    const heard = Promise.withResolvers<number>();
    const listener = await listenTcp({ host: LOCAL }, (arrival) => {
      const stream = arrival.accept({
        onBytes: (chunk) => {
          session.receive(chunk, 0, {
            onHandshake: ({ reserved }) => {
              expect(hasReservedBit(reserved, RESERVED_BIT.dht)).toBe(true);
              session.send({ type: 'port', port: atPeer.port });
              stream.write(session.takeOutput(0));
            },
            blockTarget: () => undefined,
            onMessage: (message: PeerMessage) => {
              if (message.type === 'port') heard.resolve(message.port);
            },
          });
        },
        onDrained() {},
        onClose() {},
      });
      const reserved = reservedBytes(RESERVED_BIT.dht, RESERVED_BIT.fastExtension);
      const handshake = { infoHash: metainfo.infoHash, peerId: newPeerId(), reserved };
      const session = new PeerSession({ handshake, pieceCount: metainfo.layout.pieceCount, nowMs: 0 });
    });
    keep({ [Symbol.asyncDispose]: () => listener.close() });
    const client = keep(await openClient({ localAddress: LOCAL, dht: { bootstrap: [] } }));
    const told = Promise.withResolvers<void>();
    const source = { ...metainfo, nodes: inTorrent.addresses };
    const { done } = client.download(source, {
      path: join(folder, 'a'),
      peers: [],
      onEvent: ({ type }) => {
        if (type === 'dhtAnnounced' || type === 'discoveryFailed') told.resolve();
      },
    });
    done.catch(() => {});
    await told.promise;
    await expect.poll(() => nodeCount(inTorrent)).toBe(1);
    await inTorrent.announce(metainfo.infoHash, { port: listener.port });
    await expect.poll(() => nodeCount(atPeer), { timeout: 40_000 }).toBe(1);
    expect(await heard.promise).toBe(client.port);
    await client.close();
  }, 60_000);
});

function nodeCount(node: DhtNode): number {
  return node.statistics().members.reduce((sum, { table }) => sum + table.good + table.questionable, 0);
}

describe('a private torrent', () => {
  it('is told to its tracker and nobody else, and opens no socket for more', async () => {
    const first = await startNode();
    const tracker = keep(await startTracker());
    const torrent = await torrentOf([{ path: 'a', length: 200_000 }], {
      isPrivate: true,
      tiers: [[tracker.url]],
    });
    const { metainfo, payload } = torrent;
    keep(await startSeeder({ metainfo, payload, tracker: tracker.url, fast: {}, extensions: {} }));
    const before = first.statistics();
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
    const socketsBefore = sockets();
    let socketsSeen = 0;
    const { done } = download(metainfo, {
      path: join(folder, 'a'),
      localAddress: LOCAL,
      localDiscovery: true,
      dht: { bootstrap: first.addresses },
      onEvent: (event) => {
        socketsSeen = Math.max(socketsSeen, sockets());
        if (event.type === 'peerConnected') expect(event.origin).toBe('tracker');
        expect(event.type).not.toBe('dhtAnnounced');
      },
    });
    await done;
    expect(socketsSeen).toBe(socketsBefore);
    expect(first.statistics()).toEqual(before);
  });

  it('leaves the DHT and the local network as soon as a magnet link turns out to be of one', async () => {
    const first = await startNode();
    const tracker = keep(await startTracker());
    const torrent = await torrentOf([{ path: 'a', length: 200_000 }], { isPrivate: true });
    const { metainfo, payload } = torrent;
    const extensions = { metadata: metainfo.infoBytes };
    keep(
      await startSeeder({
        metainfo,
        payload,
        tracker: tracker.url,
        fast: {},
        extensions,
        unchoke: 'never',
        latencyMs: 200,
      }),
    );
    const known = Promise.withResolvers<void>();
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
    const before = sockets();
    let most = 0;
    const stop = new AbortController();
    const { done } = download(
      { infoHash: metainfo.infoHash, trackers: [tracker.url] },
      {
        path: folder,
        localAddress: LOCAL,
        localDiscovery: true,
        dht: { bootstrap: first.addresses },
        signal: stop.signal,
        onEvent: ({ type }) => {
          most = Math.max(most, sockets());
          if (type === 'metadata') known.resolve();
        },
      },
    );
    done.catch(() => {});
    await known.promise;
    // Nobody could know before: that it was looked for is what shows that it no longer is.
    expect(most).toBeGreaterThan(before);
    await expect.poll(sockets, { timeout: 10_000 }).toBe(before);
    stop.abort();
    await done.catch(() => {});
  });
});
