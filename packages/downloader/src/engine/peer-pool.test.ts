import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { givenPeers, type PeerOrigin, type PeerSource } from '../peer-source.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';
import { PeerPool } from './peer-pool.ts';

describe('PeerPool', () => {
  it('opens each source once, whoever uses it, and tells the last user', async () => {
    const told: string[] = [];
    let openings = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const source: PeerSource = {
      ...givenPeers([]),
      async *find() {
        openings += 1;
        await promise;
        yield [{ host: '192.0.2.1', port: 1 }];
      },
    };
    const pool = new PeerPool({ sources: [source], now: () => 0 });
    pool.open({ onPeers: () => told.push('first'), onError: () => {} });
    pool.open({ onPeers: () => told.push('second'), onError: () => {} });
    resolve();
    await pool.halt();
    expect([openings, told, pool.list.size]).toEqual([1, ['second'], 1]);
  });

  it('is empty when only peers themselves could name peers', () => {
    const pex: PeerSource = { ...givenPeers([]), origin: 'pex' };
    expect(new PeerPool({ sources: [pex], now: () => 0 }).isEmpty).toBe(true);
    expect(new PeerPool({ sources: [pex, givenPeers([])], now: () => 0 }).isEmpty).toBe(false);
  });

  const ORIGINS: readonly PeerOrigin[] = ['given', 'lan', 'tracker', 'link', 'dht', 'pex'];

  /** A source of each origin, and what was asked of them. */
  function everySource(): { readonly sources: PeerSource[]; readonly log: string[] } {
    const log: string[] = [];
    const sources = ORIGINS.map((origin, at): PeerSource => ({
      origin,
      async *find(signal) {
        log.push(`${origin} asked`);
        yield [{ host: `192.0.2.${at + 1}`, port: 1 }];
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        log.push(`${origin} ended`);
      },
      wantMore: () => log.push(`${origin} hurried`),
      completed: () => log.push(`${origin} completed`),
      stop: async () => void log.push(`${origin} left`),
    }));
    return { sources, log };
  }

  it('asks nobody but trackers of a private torrent, whatever sources there are', async () => {
    const { sources, log } = everySource();
    const pool = new PeerPool({ sources, now: () => 0, isPrivate: true });
    pool.open({ onPeers: () => {}, onError: () => {} });
    await setImmediate();
    pool.wantMore();
    pool.completed();
    await pool.close();
    expect(new Set(log.map((line) => line.split(' ')[0]))).toEqual(new Set(['given', 'tracker']));
    expect(pool.list.size).toBe(2);
  });

  it('leaves all but trackers at once when the torrent turns out to be private', async () => {
    const { sources, log } = everySource();
    const found: string[] = [];
    const onFound = (origin: string, peers: number, newPeers: number): void =>
      void found.push(`${origin} ${peers} ${newPeers}`);
    const pool = new PeerPool({ sources, now: () => 0, onFound });
    pool.open({ onPeers: () => {}, onError: () => {} });
    await setImmediate();
    expect([pool.list.size, found.length, found[0]]).toEqual([6, 6, 'given 1 1']);
    log.length = 0;
    pool.goPrivate();
    await setImmediate();
    const left = ['lan', 'link', 'dht', 'pex'].flatMap((origin) => [`${origin} ended`, `${origin} left`]);
    expect(log.toSorted()).toEqual(left.toSorted());
    expect(pool.list.size).toBe(2);
    log.length = 0;
    pool.wantMore();
    expect(log).toEqual(['given hurried', 'tracker hurried']);
    await pool.close();
  });

  it('remembers that an address is our own, and does not call it again', async () => {
    const swarm = new MemorySwarm({ totalLength: 2_000_000, network: { bytesPerSecond: 20_000 } });
    swarm.add();
    const self = swarm.add({ handshake: 'echoPeerId' });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(self.statistics.connectionsAccepted).toBe(1);
  });

  it('holds no peer in two hands, though two sources name it', async () => {
    const swarm = new MemorySwarm({ totalLength: 200_000 });
    const peer = swarm.add();
    const address = { host: '10.0.0.1', port: 6881 };
    const sources = [givenPeers([address, address]), { ...givenPeers([address]), origin: 'pex' as const }];
    const torrent = await swarm.download({ sources });
    expect(peer.statistics.connectionsAccepted).toBe(1);
    expect(torrent.statistics().peersKnown).toBe(1);
  });
});
