import type { PeerAddress } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import { givenPeers } from '../peer-source.ts';
import { upTo } from '../testing/bitfield.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';
import { PeerExchange } from './peer-exchange.ts';
import type { TorrentOptions } from './torrent-options.ts';

const KIB = 1024;

function at(number: number, port = 6881): PeerAddress {
  return { host: `10.0.0.${number}`, port };
}

function swarmOf(totalLength: number): MemorySwarm {
  return new MemorySwarm({ totalLength, pieceLength: 64 * KIB, network: { latencyMs: 20 } });
}

/** A torrent that knows the first peer only, and hears of others from it. */
function exchanging(known: readonly PeerAddress[] = [at(1)]): Partial<TorrentOptions> {
  const exchange = new PeerExchange();
  return { exchange, sources: [givenPeers(known), exchange] };
}

describe('PeerExchange', () => {
  it('finds a peer that only another peer knows', async () => {
    const swarm = swarmOf(600 * KIB);
    swarm.add({ pieces: [], extensions: { tells: [{ afterMs: 1_000, peers: [at(2)] }] } });
    const seeder = swarm.add();
    await swarm.download(exchanging());
    expect(swarm.isWhole).toBe(true);
    expect(seeder.statistics.blocks).toBe(38);
  });

  it('tells every peer whom we are connected to, but not of itself, and what is known of them', async () => {
    const swarm = swarmOf(3_000 * KIB);
    const tells = { extensions: { tells: [] } };
    const peers = upTo(3).map(() => swarm.add({ ...tells, bytesPerSecond: 20_000 }));
    const part = swarm.add({ ...tells, pieces: [1] });
    await swarm.download(exchanging([1, 2, 3, 4].map((number) => at(number))));
    const told = peers[0]?.statistics.toldPeers ?? [];
    expect(told.map(({ host }) => host).toSorted((a, b) => a.localeCompare(b))).toEqual(
      [2, 3, 4].map((number) => at(number).host),
    );
    expect(told.find(({ host }) => host === at(2).host)).toMatchObject({
      uploadOnly: true,
      isReachable: true,
    });
    expect(told.find(({ host }) => host === at(4).host)?.uploadOnly).not.toBe(true);
    expect(part.statistics.toldPeers.map(({ host }) => host)).not.toContain(at(4).host);
  });

  it('says nothing of it, and listens to nothing, where there is none', async () => {
    const swarm = swarmOf(600 * KIB);
    const peer = swarm.add({
      bytesPerSecond: 100_000,
      extensions: { tells: [{ afterMs: 500, peers: [at(2)] }] },
    });
    const stranger = swarm.add();
    await swarm.download({ sources: [givenPeers([at(1)])] });
    const m = peer.statistics.extendedHandshakes[0]?.get('m');
    expect(m instanceof Map && [...m.keys()]).toEqual(['lt_donthave']);
    expect(stranger.statistics.connectionsAccepted).toBe(0);
  });

  it('lets no peer make us call services, or one host again and again', async () => {
    const swarm = swarmOf(600 * KIB);
    const victim = upTo(200).map((port) => ({ host: '198.51.100.7', port: 2_000 + port }));
    const services = [22, 80, 443, 1_023].map((port) => ({ host: '198.51.100.8', port }));
    const here = [
      { host: '127.0.0.1', port: 9_091 },
      { host: '0.0.0.0', port: 6_881 },
      { host: '224.0.0.1', port: 6_881 },
      at(7, 0),
    ];
    swarm.add({
      bytesPerSecond: 20_000,
      extensions: {
        tells: [
          { afterMs: 500, peers: [...services, ...here] },
          ...upTo(20).map((turn) => ({
            afterMs: 1_000 + 1_000 * turn,
            peers: victim.slice(10 * turn, 10 * turn + 10),
          })),
        ],
      },
    });
    const called: string[] = [];
    await swarm.download({
      ...exchanging(),
      dial: (address, handler, options) => {
        called.push(`${address.host}:${address.port}`);
        return swarm.network.connect(address, handler, options);
      },
    });
    expect(swarm.isWhole).toBe(true);
    const others = called.filter((name) => !name.startsWith('10.0.0.1:'));
    expect(new Set(others.map((name) => name.split(':')[0]))).toEqual(new Set(['198.51.100.7']));
    expect(new Set(others).size).toBeLessThanOrEqual(5);
  });

  it('takes no more than so many from one peer, however fast they come', async () => {
    const swarm = swarmOf(600 * KIB);
    const many = upTo(2_000).map((number) => ({
      host: `198.51.${100 + (number >> 8)}.${number & 0xff}`,
      port: 6_881,
    }));
    const tells = upTo(40).map((turn) => ({
      afterMs: 500 + 10 * turn,
      peers: many.slice(50 * turn, 50 * turn + 50),
    }));
    swarm.add({ bytesPerSecond: 20_000, extensions: { tells } });
    const torrent = await swarm.download(exchanging());
    expect(torrent.statistics().peersKnown).toBeLessThanOrEqual(1 + 100 + 50);
  });

  it('gives our metadata to a peer that has none', async () => {
    const swarm = swarmOf(600 * KIB);
    const metadata = new Uint8Array(50_000).fill(100);
    const peer = swarm.add({ bytesPerSecond: 100_000, extensions: { wantsMetadata: true } });
    await swarm.download({ metadata });
    expect(peer.statistics.gatheredMetadata).toEqual(metadata);
    expect(peer.statistics.extendedHandshakes[0]?.get('metadata_size')).toBe(50_000);
  });
});
