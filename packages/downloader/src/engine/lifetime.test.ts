import type { PeerAddress } from '@millrace/tracker-client';
import { describe, expect, it } from 'vitest';
import { givenPeers, type PeerSource } from '../peer-source.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';
import { upTo } from '../testing/bitfield.ts';

const KIB = 1024;
const GONE: PeerAddress = { host: '10.9.9.9', port: 1 };

function broken(): never {
  throw new Error('it broke');
}

describe('Torrent, when something it was given breaks', () => {
  it.each<[string, Partial<PeerSource>]>([
    ['find', { find: broken }],
    ['wantMore', { wantMore: broken }],
    ['completed', { completed: broken }],
    ['stop', { stop: broken }],
    ['stop, later', { stop: async () => broken() }],
  ])('ends with what a source throws from %s, and lets go of everything', async (name, method) => {
    const swarm = new MemorySwarm({ totalLength: 50_000, network: { latencyMs: 5 } });
    if (name !== 'wantMore') swarm.add();
    const store = swarm.store();
    let isClosed = false;
    const close = store.close.bind(store);
    store.close = async () => {
      await new Promise<void>((resolve) => swarm.network.clock.setTimer(100, resolve));
      await close();
      isClosed = true;
    };
    const addresses = name === 'wantMore' ? [GONE] : [{ host: '10.0.0.1', port: 6881 }];
    const sources = [{ ...givenPeers(addresses), ...method }];
    await expect(swarm.download({ sources, store })).rejects.toThrow('it broke');
    expect([isClosed, swarm.timerCount]).toEqual([true, 0]);
  });

  it('ends with what the storage throws at any piece, keeps the others, and goes on from there', async () => {
    for (const failing of upTo(12)) {
      const swarm = new MemorySwarm({ totalLength: 12 * 32 * KIB, pieceLength: 32 * KIB });
      swarm.add();
      swarm.add({ bytesPerSecond: 100_000 });
      const write = swarm.storage.writePiece.bind(swarm.storage);
      let written = 0;
      swarm.storage.writePiece = async (index, bytes) => {
        written += 1;
        if (written === failing + 1) broken();
        await write(index, bytes);
      };
      await expect(swarm.download()).rejects.toThrow('it broke');
      expect(swarm.timerCount).toBe(0);
      const torrent = await swarm.download();
      expect(swarm.isWhole).toBe(true);
      expect(torrent.statistics().downloadedBytes).toBeLessThanOrEqual((12 - failing) * 32 * KIB);
    }
  });

  it('stops at once when a listener aborts, whatever it was told', async () => {
    for (const type of ['checked', 'peerConnected', 'pieceVerified'] as const) {
      const swarm = new MemorySwarm({ totalLength: 100_000 });
      swarm.add();
      const stop = new AbortController();
      const torrent = swarm.torrent({
        onEvent: (event) => {
          swarm.events.push(event);
          if (event.type === type) stop.abort(new Error('enough'));
        },
      });
      await expect(swarm.run(torrent, { signal: stop.signal })).rejects.toThrow('enough');
      expect([torrent.statistics().phase, swarm.timerCount]).toEqual(['stopped', 0]);
      expect(swarm.eventsOf('peerDropped')).toEqual([]);
    }
  });
});

describe('Torrent, when it has everything and stays', () => {
  it('says once that it wants nothing more', async () => {
    const swarm = new MemorySwarm({ totalLength: 100_000, network: { latencyMs: 5 } });
    const peer = swarm.add();
    await swarm.download({ seeding: { timeMs: 5_000 } });
    expect([swarm.isWhole, peer.statistics.received.get('notInterested')]).toEqual([true, 1]);
  });
});
