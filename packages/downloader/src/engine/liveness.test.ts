import { keepAlives } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';

const KIB = 1024;
const NEVER_MS = 1e9;
/** Says every few seconds that it is still there, and nothing else. */
const CHATTY = {
  unchoke: 'never',
  intrusions: [{ bytes: keepAlives(1), times: Infinity, byteEveryMs: 5_000 }],
} as const;

describe('Torrent, while some peer has what is missing', () => {
  it('gives the place of a peer that goes on choking to one that waits', async () => {
    const swarm = new MemorySwarm({ totalLength: 100_000 });
    for (let at = 0; at < 4; at += 1) swarm.add(CHATTY);
    swarm.add();
    await swarm.download({ maxPeers: 2 });
    expect(swarm.isWhole).toBe(true);
    expect(swarm.eventsOf('peerDropped')[0]?.reason).toMatchObject({ code: 'PEER_NOT_NEEDED' });
    expect(swarm.network.clock.now()).toBeLessThan(300_000);
  });

  it('keeps peers that choke it while no one waits', async () => {
    const swarm = new MemorySwarm({ totalLength: 3_000_000 });
    swarm.add(CHATTY);
    swarm.add({ bytesPerSecond: 10_000 });
    await swarm.download({ maxPeers: 2 });
    expect(swarm.eventsOf('peerDropped')).toEqual([]);
  });

  it('gives up a piece begun by a peer that fell silent where it takes all memory', async () => {
    const pieceLength = 256 * KIB;
    const swarm = new MemorySwarm({ totalLength: 4 * pieceLength, pieceLength });
    swarm.add({ pieces: [0], bytesPerSecond: 40_000, chokeCycle: { unchokedMs: 2_000, chokedMs: NEVER_MS } });
    swarm.add({ pieces: [1, 2, 3], laterPieces: [{ afterMs: 200_000, pieces: [0] }] }, { latencyMs: 1_000 });
    const doneMs: number[] = [];
    const torrent = swarm.torrent({
      memoryBytes: pieceLength,
      onEvent: ({ type }) => type === 'pieceVerified' && doneMs.push(swarm.network.clock.now()),
    });
    await swarm.run(torrent);
    expect(swarm.isWhole).toBe(true);
    expect(doneMs.slice(0, 3).every((ms) => ms < 60_000)).toBe(true);
  });

  it('is not held up by slow peers where memory is short', async () => {
    const pieceLength = 256 * KIB;
    const swarm = new MemorySwarm({ totalLength: 40 * pieceLength, pieceLength, network: { latencyMs: 5 } });
    for (let at = 0; at < 4; at += 1) swarm.add({ bytesPerSecond: 2_000 });
    swarm.add({ bytesPerSecond: 2_000_000 });
    const torrent = await swarm.download({ memoryBytes: 4 * pieceLength });
    expect(swarm.isWhole).toBe(true);
    expect(swarm.network.clock.now()).toBeLessThan(60_000);
    expect(torrent.statistics().wastedBytes).toBeLessThan(pieceLength);
  });

  it('fetches a suspect piece from one peer that chokes again and again', async () => {
    const pieceLength = 256 * KIB;
    const swarm = new MemorySwarm({ totalLength: pieceLength, pieceLength, network: { latencyMs: 5 } });
    swarm.add({ corrupt: [0], dieAfterBytes: 3 * 16 * KIB });
    swarm.add({ bytesPerSecond: 60_000, chokeCycle: { unchokedMs: 1_500, chokedMs: 500 } });
    await swarm.download();
    expect(swarm.isWhole).toBe(true);
    expect(swarm.eventsOf('pieceRejected')).toHaveLength(1);
    expect(swarm.eventsOf('peerBanned').map(({ peer }) => peer)).toEqual(['10.0.0.1:6881']);
    expect(swarm.network.clock.now()).toBeLessThan(60_000);
  });

  it('takes a suspect piece from a peer that never gives it, for one that chokes again and again', async () => {
    for (const seed of upTo(4)) {
      const pieceLength = 64 * KIB;
      const swarm = new MemorySwarm({ totalLength: pieceLength, pieceLength, network: { latencyMs: 5 } });
      swarm.add({ corrupt: [0], dieAfterBytes: 16 * KIB });
      const chokeCycle = { unchokedMs: 4_000, chokedMs: 1_000 };
      swarm.add({ stallAfterBlocks: 1, chokeCycle, seed }, { latencyMs: seed });
      swarm.add({ chokeCycle, bytesPerSecond: 40_000 }, { latencyMs: 8 });
      await swarm.download();
      expect(swarm.isWhole).toBe(true);
    }
  });

  it('takes a suspect piece from a peer that gives it too slowly', async () => {
    const pieceLength = 1_024 * KIB;
    const swarm = new MemorySwarm({ totalLength: pieceLength, pieceLength, network: { latencyMs: 5 } });
    swarm.add({ corrupt: [0], dieAfterBytes: 16 * KIB });
    for (const latencyMs of upTo(6)) swarm.add({ bytesPerSecond: 1_200 }, { latencyMs });
    swarm.add({ bytesPerSecond: 500_000 }, { latencyMs: 10 });
    await swarm.download({}, 900_000);
    expect(swarm.isWhole).toBe(true);
    expect(swarm.eventsOf('pieceRejected')).not.toEqual([]);
    expect(swarm.network.clock.now()).toBeLessThan(600_000);
  });
});
