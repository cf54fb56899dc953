import type { Link } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../policy/rate-limiter.ts';
import { upTo } from '../testing/bitfield.ts';
import { MemorySwarm } from '../testing/memory-swarm.ts';
import { OwnSwarm, type OwnPeer } from '../testing/own-swarm.ts';
import { RateTimer } from './rate-timer.ts';

const KIB = 1024;
const PIECE_LENGTH = 64 * KIB;
const LINK: Link = { latencyMs: 20, bytesPerSecond: 20_000_000 };

/** A swarm of our own engines. */
function ownSwarm(totalLength: number) {
  const swarm = new MemorySwarm({ totalLength, pieceLength: PIECE_LENGTH, network: LINK });
  const { clock } = swarm.network;
  return { swarm, own: new OwnSwarm(swarm), clock };
}

const everything = (): boolean => true;

/** How far from `bytesPerSecond` a counter is, over each of so many ten seconds, at worst. */
async function worstError(
  { own, clock }: ReturnType<typeof ownSwarm>,
  count: () => number,
  bytesPerSecond: number,
  windows = 2,
): Promise<number> {
  let worst = 0;
  for (const _ of upTo(windows)) {
    const [startMs, before] = [clock.now(), count()];
    await own.until(() => clock.now() >= startMs + 10_000);
    const expected = (bytesPerSecond * (clock.now() - startMs)) / 1_000;
    worst = Math.max(worst, Math.abs((count() - before) / expected - 1));
  }
  return worst;
}

const downloaded = ({ torrent }: OwnPeer) => torrent.statistics().downloadedBytes;
const uploaded = ({ torrent }: OwnPeer) => torrent.statistics().uploadedBytes;

describe('Torrent with limits', () => {
  it.each([100_000, 1_000_000])(
    'takes %d bytes a second from many, to 5 % over ten seconds',
    async (rate) => {
      const setting = ownSwarm(26 * rate);
      const { own, clock } = setting;
      const seeders = upTo(5).map(() => own.add({ has: everything, seeding: {} }));
      const timer = new RateTimer(clock, rate);
      const leecher = own.add({ knows: seeders, downloadLimiter: timer.limiter });
      await own.until(() => downloaded(leecher) > 0);
      expect(await worstError(setting, () => downloaded(leecher), rate)).toBeLessThan(0.05);
      expect(leecher.torrent.statistics().wastedBytes).toBe(0);
      await own.stop();
      timer.close();
    },
  );

  it.each([100_000, 1_000_000])(
    'gives %d bytes a second to many, to 5 % over ten seconds, and as much to each',
    async (rate) => {
      const setting = ownSwarm(26 * rate);
      const { own, clock } = setting;
      const timer = new RateTimer(clock, rate);
      const seeder = own.add({ has: everything, seeding: {}, uploadLimiter: timer.limiter });
      const leechers = upTo(4).map(() => own.add({ knows: [seeder], listens: false }));
      await own.until(() => uploaded(seeder) > 0);
      expect(await worstError(setting, () => uploaded(seeder), rate)).toBeLessThan(0.05);
      const shares = leechers.map((leecher) => downloaded(leecher) / (rate * 5));
      for (const share of shares) expect(Math.abs(share - 1)).toBeLessThan(0.15);
      await own.stop();
      timer.close();
    },
  );

  it('follows limits that change while it runs, and one that is taken away', async () => {
    const setting = ownSwarm(60_000_000);
    const { own, clock } = setting;
    const timer = new RateTimer(clock, 50_000);
    const limiter = new RateLimiter({ parent: timer.limiter });
    const seeder = own.add({ has: everything, seeding: {} });
    const leecher = own.add({ knows: [seeder], downloadLimiter: limiter });
    await own.until(() => downloaded(leecher) > 0);
    await own.until(() => clock.now() > 20_000);
    timer.setRate(timer.limiter, 800_000);
    expect(await worstError(setting, () => downloaded(leecher), 800_000, 1)).toBeLessThan(0.05);
    timer.setRate(limiter, 400_000);
    expect(await worstError(setting, () => downloaded(leecher), 400_000, 1)).toBeLessThan(0.05);
    timer.setRate(limiter, Infinity);
    timer.setRate(timer.limiter, Infinity);
    await own.until(() => leecher.torrent.statistics().phase === 'complete', 10_000);
    expect(leecher.isWhole).toBe(true);
    await own.stop();
    timer.close();
  });

  it('gives up no piece that one peer has for itself, though the limit makes it last', async () => {
    const pieceLength = 16 * 16 * KIB;
    const swarm = new MemorySwarm({ totalLength: pieceLength, pieceLength, network: LINK });
    for (const _ of upTo(5)) swarm.add();
    swarm.add({ corrupt: () => true });
    const timer = new RateTimer(swarm.network.clock, 3_000);
    const torrent = await swarm.download({ downloadLimiter: timer.limiter }, 1_000_000);
    expect(swarm.isWhole).toBe(true);
    const failed = swarm.eventsOf('pieceRejected').length;
    expect(failed).toBeGreaterThan(0);
    expect(torrent.statistics().wastedBytes).toBe(failed * pieceLength);
    timer.close();
  });

  it('keeps to the limit of all torrents together, and shares it', async () => {
    // To a limiter, a torrent is no more than another limiter below it.
    const setting = ownSwarm(20_000_000);
    const { own, clock } = setting;
    const timer = new RateTimer(clock, 1_000_000);
    const seeder = own.add({ has: everything, seeding: {} });
    const [one, other] = upTo(2).map(() => {
      const downloadLimiter = new RateLimiter({ parent: timer.limiter });
      return own.add({ knows: [seeder], listens: false, downloadLimiter });
    });
    if (one === undefined || other === undefined) throw new Error('two leechers');
    await own.until(() => downloaded(one) > 0);
    const both = (): number => downloaded(one) + downloaded(other);
    expect(await worstError(setting, both, 1_000_000)).toBeLessThan(0.05);
    expect(Math.abs(downloaded(one) / downloaded(other) - 1)).toBeLessThan(0.1);
    await own.stop();
    timer.close();
  });
});
