import { describe, expect, it } from 'vitest';
import { givenPeers, type PeerSource } from '../peer-source.ts';
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
