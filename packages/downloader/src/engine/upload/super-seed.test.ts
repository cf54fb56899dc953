import { describe, expect, it } from 'vitest';
import { upTo } from '../../testing/bitfield.ts';
import { MemorySwarm } from '../../testing/memory-swarm.ts';
import { OwnSwarm, type OwnPeer } from '../../testing/own-swarm.ts';
import { Requester } from '../../testing/requester.ts';
import { RateTimer } from '../rate-timer.ts';

const PIECE_LENGTH = 32_768;
const PIECE_COUNT = 40;

/** One seed at 200 kB/s, and our own engines that know it and each other, and have nothing. */
async function spread(superSeeding: boolean, leecherCount: number) {
  const swarm = new MemorySwarm({
    totalLength: PIECE_COUNT * PIECE_LENGTH,
    pieceLength: PIECE_LENGTH,
    network: { latencyMs: 10, bytesPerSecond: 1_000_000 },
  });
  const own = new OwnSwarm(swarm);
  const timer = new RateTimer(swarm.network.clock, 200_000);
  const seeder = own.add({ has: () => true, seeding: {}, superSeeding, uploadLimiter: timer.limiter });
  const leechers: OwnPeer[] = [];
  for (const _ of upTo(leecherCount)) leechers.push(own.add({ knows: [seeder, ...leechers], seeding: {} }));
  const isOut = (): boolean =>
    upTo(PIECE_COUNT).every((index) => leechers.some(({ storage }) => storage.piece(index) !== undefined));
  await own.until(isOut, 3_600_000);
  const sent = seeder.torrent.statistics().uploadedBytes / (PIECE_COUNT * PIECE_LENGTH);
  await own.until(() => leechers.every(({ isWhole }) => isWhole), 3_600_000);
  await own.stop();
  timer.close();
  return { sent, leechers };
}

/** A super-seeder of 20 pieces, and someone who asks it. */
async function asking() {
  const swarm = new MemorySwarm({ totalLength: 20 * PIECE_LENGTH, pieceLength: PIECE_LENGTH });
  const own = new OwnSwarm(swarm);
  const seeder = own.add({ has: () => true, seeding: {}, superSeeding: true });
  await own.until(() => seeder.torrent.statistics().phase === 'seeding');
  const requester = new Requester(swarm, true);
  await requester.open(seeder);
  return { swarm, own, seeder, requester };
}

describe('Torrent that is super-seeding', () => {
  it('sends everything about once before others have it between them, and everyone gets it', async () => {
    const { sent } = await spread(true, 5);
    expect(sent).toBeLessThan(1.05);
    const plain = await spread(false, 5);
    expect(plain.sent).toBeGreaterThan(1.3);
  });

  it('gives a single peer everything', async () => {
    expect((await spread(true, 1)).sent).toBeCloseTo(1);
  });

  it('gives no piece that a peer was not told of', async () => {
    const { swarm, own, requester } = await asking();
    swarm.network.clock.advance(1_000);
    const told = requester.messages.flatMap((message) => (message.type === 'have' ? [message.index] : []));
    expect(told).toHaveLength(2);
    expect(requester.messages.some(({ type }) => type === 'haveAll' || type === 'bitfield')).toBe(false);
    for (const index of upTo(20)) requester.session.request(index, 0, 16_384);
    requester.flush();
    swarm.network.clock.advance(1_000);
    expect(requester.blocks.map((block) => Number(block.split(':')[0])).toSorted((a, b) => a - b)).toEqual(
      told.toSorted((a, b) => a - b),
    );
    await own.stop();
  });

  it('tells of everything once there is another seed', async () => {
    const { swarm, own, seeder, requester } = await asking();
    own.add({ has: () => true, seeding: {}, knows: [seeder], listens: false });
    swarm.network.clock.advance(3_000);
    await own.until(() => requester.session.remoteHave.count > 2, 10_000);
    expect(requester.session.remoteHave.isFull).toBe(true);
    await own.stop();
  });
});
