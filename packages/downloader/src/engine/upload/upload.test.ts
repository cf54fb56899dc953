import { describe, expect, it } from 'vitest';
import { MemorySwarm } from '../../testing/memory-swarm.ts';
import { OwnSwarm } from '../../testing/own-swarm.ts';

const LINK = { latencyMs: 10, bytesPerSecond: 1_000_000 };

/** A swarm of our own engines; each piece is two blocks, and the last one is short. */
function ownSwarm(totalLength = 40 * 32_768 + 1_000) {
  const swarm = new MemorySwarm({ totalLength, pieceLength: 32_768, network: LINK });
  return { swarm, own: new OwnSwarm(swarm) };
}

const everything = (): boolean => true;
const FOREVER = {};

describe('Torrent, giving', () => {
  it('gives to someone who calls, everything and right', async () => {
    const { own } = ownSwarm();
    const seeder = own.add({ has: everything, seeding: FOREVER });
    const leecher = own.add({ knows: [seeder], listens: false });
    await own.until(() => leecher.torrent.statistics().phase === 'complete');
    expect(leecher.isWhole).toBe(true);
    expect(seeder.torrent.statistics()).toMatchObject({ phase: 'seeding', uploadedBytes: 1_311_720 });
    await own.stop();
  });

  it('gives to someone it calls, who cannot be called', async () => {
    const { own } = ownSwarm();
    const leecher = own.add({ seeding: FOREVER, knows: [], listens: true, sources: [neverFinds()] });
    const seeder = own.add({ has: everything, seeding: FOREVER, listens: false, knows: [leecher] });
    await own.until(() => leecher.torrent.statistics().phase === 'seeding');
    expect(leecher.isWhole).toBe(true);
    // Neither needs the other any more.
    await own.until(() => seeder.torrent.statistics().peersConnected === 0);
    await own.stop();
  });

  it('takes from and gives to each other what each has half of, from everyone at once', async () => {
    const { own } = ownSwarm();
    const first = own.add({ has: (index) => index % 3 === 0, seeding: FOREVER, sources: [neverFinds()] });
    const second = own.add({ has: (index) => index % 3 === 1, seeding: FOREVER, knows: [first] });
    const third = own.add({ has: (index) => index % 3 === 2, seeding: FOREVER, knows: [first, second] });
    const peers = [first, second, third];
    await own.until(() => peers.every(({ torrent }) => torrent.statistics().phase === 'seeding'));
    expect(peers.map(({ isWhole }) => isWhole)).toEqual([true, true, true]);
    for (const { torrent, events } of peers) {
      expect(torrent.statistics().uploadedBytes).toBeGreaterThan(0);
      expect(events.filter(({ type }) => type === 'pieceRejected')).toEqual([]);
    }
    await own.stop();
  });

  it('spreads what one seeder has over eight leechers that know no one else, mostly by themselves', async () => {
    const { own, swarm } = ownSwarm(60 * 32_768);
    const seeder = own.add({ has: everything, seeding: FOREVER });
    const leechers = [own.add({ knows: [seeder], seeding: FOREVER })];
    for (let count = 1; count < 8; count += 1)
      leechers.push(own.add({ knows: [seeder, ...leechers], seeding: FOREVER }));
    await own.until(() => leechers.every(({ torrent }) => torrent.statistics().phase === 'seeding'));
    expect(leechers.every(({ isWhole }) => isWhole)).toBe(true);
    const { uploadedBytes } = seeder.torrent.statistics();
    expect(uploadedBytes).toBeLessThan(6 * swarm.payload.length);
    await own.stop();
  });

  it('keeps one connection of two that call each other at once', async () => {
    const { own } = ownSwarm();
    const first = own.add({ has: (index) => index < 20, seeding: FOREVER, sources: [neverFinds()] });
    const second = own.add({ seeding: FOREVER, knows: [first] });
    await own.until(() => second.torrent.statistics().peersConnected > 0);
    const third = own.add({ has: (index) => index >= 20, seeding: FOREVER, knows: [first, second] });
    await own.until(() => [first, second, third].every(({ isWhole }) => isWhole));
    expect(
      Math.max(...[first, second].map(({ torrent }) => torrent.statistics().peersConnected)),
    ).toBeLessThan(3);
    await own.stop();
  });

  it('stops at a ratio, and after a time', async () => {
    const { own } = ownSwarm();
    const byRatio = own.add({ has: everything, seeding: { ratio: 1.5 } });
    own.add({ knows: [byRatio] });
    own.add({ knows: [byRatio] });
    await own.until(() => byRatio.torrent.statistics().phase === 'complete');
    const { uploadedBytes, bytesTotal } = byRatio.torrent.statistics();
    expect(uploadedBytes).toBeGreaterThanOrEqual(1.5 * bytesTotal);
    const byTime = own.add({ has: everything, seeding: { timeMs: 30_000 } });
    await own.until(() => byTime.torrent.statistics().phase === 'complete', 31_000);
    expect(byTime.torrent.statistics().seedingMs).toBeGreaterThanOrEqual(30_000);
    await byTime.done;
    await own.stop();
  });

  it('hangs up on another seeder, and shows no interest where there is none', async () => {
    const { own } = ownSwarm();
    const first = own.add({ has: everything, seeding: FOREVER });
    const second = own.add({ has: everything, seeding: FOREVER, knows: [first] });
    await own.until(() => second.events.some(({ type }) => type === 'peerDropped'));
    await own.until(() => first.torrent.statistics().peersConnected === 0);
    expect(second.torrent.statistics()).toMatchObject({ peersConnected: 0, downloadedBytes: 0 });
    await own.stop();
  });

  it('gives no piece that is gone: it is missing, others are told, and never padded', async () => {
    const { own } = ownSwarm();
    const seeder = own.add({ has: everything, seeding: FOREVER });
    await own.until(() => seeder.torrent.statistics().phase === 'seeding');
    seeder.storage.forget(7);
    const leecher = own.add({ knows: [seeder], listens: false });
    await own.until(() => leecher.torrent.statistics().piecesHave === 40);
    expect(seeder.events).toContainEqual({ type: 'pieceLost', index: 7 });
    expect(seeder.torrent.statistics().piecesHave).toBe(40);
    expect(leecher.storage.piece(7)).toBeUndefined();
    expect(leecher.events.filter(({ type }) => type === 'pieceRejected')).toEqual([]);
    await own.stop();
  });
});

/** A source that goes on looking. */
function neverFinds() {
  return {
    origin: 'given',
    async *find(signal: AbortSignal) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      yield [];
    },
    wantMore() {},
    completed() {},
    async stop() {},
  } as const;
}
