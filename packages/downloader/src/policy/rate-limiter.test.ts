import { BLOCK_LENGTH } from '@millrace/metainfo';
import { seededRandom } from '@millrace/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { RateLimiter, type RateShare } from './rate-limiter.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Peers that move blocks for as long as they may, in virtual time. */
class Traffic {
  nowMs = 1_000;
  readonly moved: number[] = [];
  /** When what was moved. */
  readonly log: { readonly atMs: number; readonly length: number }[] = [];
  readonly shares: RateShare[] = [];
  readonly #root: RateLimiter;

  constructor(root: RateLimiter) {
    this.#root = root;
  }

  add(limiter: RateLimiter, length = BLOCK_LENGTH): RateShare {
    const at = this.moved.push(0) - 1;
    const onTurn = (nowMs: number): void => {
      while (this.moved.length > at && share.take(length, nowMs)) {
        this.moved[at] = (this.moved[at] ?? 0) + length;
        this.log.push({ atMs: nowMs, length });
        if (share.isUnlimited) return;
      }
    };
    const share = limiter.share(onTurn);
    this.shares.push(share);
    onTurn(this.nowMs);
    return share;
  }

  run(durationMs: number, stepMs: (nextMs: number) => number = (nextMs) => Math.max(nextMs, 20)): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      const nextMs = this.#root.serve(this.nowMs);
      this.nowMs = Math.min(endMs, this.nowMs + stepMs(Math.min(nextMs, 1_000)));
    }
    this.#root.serve(this.nowMs);
  }

  get total(): number {
    return this.moved.reduce((sum, length) => sum + length, 0);
  }

  /** The most that moved in any so many milliseconds. */
  mostIn(windowMs: number): number {
    let most = 0;
    let sum = 0;
    let from = 0;
    for (const { atMs, length } of this.log) {
      sum += length;
      for (; (this.log[from]?.atMs ?? 0) <= atMs - windowMs; from += 1) sum -= this.log[from]?.length ?? 0;
      most = Math.max(most, sum);
    }
    return most;
  }
}

describe('RateLimiter', () => {
  it.each([64 * KIB, 500_000, 2 * MIB, 37 * MIB, 1_000 * MIB])(
    'lets %d bytes a second go, to 2.5 % over ten seconds',
    (bytesPerSecond) => {
      const limiter = new RateLimiter({ bytesPerSecond });
      const traffic = new Traffic(limiter);
      for (const _ of upTo(7)) traffic.add(limiter);
      traffic.run(10_000);
      expect(Math.abs(traffic.total / (10 * bytesPerSecond) - 1)).toBeLessThanOrEqual(0.025);
    },
  );

  it('is right to 5 % over any ten seconds, whatever the rate, the lengths, the peers and the delays of timers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 128 * KIB, max: 50 * MIB }),
        fc.array(fc.integer({ min: 1_000, max: 2 * BLOCK_LENGTH }), { minLength: 1, maxLength: 12 }),
        fc.integer(),
        (bytesPerSecond, lengths, seed) => {
          const random = seededRandom(seed);
          const limiter = new RateLimiter({ bytesPerSecond });
          const traffic = new Traffic(limiter);
          for (const length of lengths) traffic.add(limiter, length);
          traffic.run(25_000, (nextMs) => Math.max(nextMs, 5) + 40 * random());
          expect(traffic.mostIn(10_000)).toBeLessThanOrEqual(10 * bytesPerSecond * 1.05);
          expect(traffic.total).toBeGreaterThanOrEqual(25 * bytesPerSecond * 0.95);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('lets no more than a block and a quarter of a second go at once after a pause', () => {
    const limiter = new RateLimiter({ bytesPerSecond: MIB });
    const traffic = new Traffic(limiter);
    limiter.setRate(MIB, 0);
    traffic.nowMs = 3_600_000;
    traffic.add(limiter);
    expect(traffic.total).toBe(MIB / 4 + BLOCK_LENGTH);
  });

  it('lets nothing go at the very beginning', () => {
    const limiter = new RateLimiter({ bytesPerSecond: MIB });
    expect(limiter.share(() => {}).take(1, 5_000)).toBe(false);
  });

  it('lets as many bytes go for each peer, however long its blocks are', () => {
    const limiter = new RateLimiter({ bytesPerSecond: 4 * MIB });
    const traffic = new Traffic(limiter);
    for (const length of [BLOCK_LENGTH, BLOCK_LENGTH, 1_000, 8 * BLOCK_LENGTH, 5_000])
      traffic.add(limiter, length);
    traffic.run(10_000);
    for (const moved of traffic.moved) expect(moved / (8 * MIB)).toBeCloseTo(1, 1);
  });

  it('lets every one of 500 peers go on, at a rate that has one block for each in sixteen seconds', () => {
    const limiter = new RateLimiter({ bytesPerSecond: 512 * KIB });
    const traffic = new Traffic(limiter);
    for (const _ of upTo(500)) traffic.add(limiter);
    traffic.run(33_000);
    expect(Math.min(...traffic.moved)).toBeGreaterThanOrEqual(2 * BLOCK_LENGTH);
    expect(Math.max(...traffic.moved)).toBeLessThanOrEqual(3 * BLOCK_LENGTH);
  });

  it('obeys the limit of each torrent and the one of all', () => {
    const root = new RateLimiter({ bytesPerSecond: MIB });
    const slow = new RateLimiter({ bytesPerSecond: 100 * KIB, parent: root });
    const free = new RateLimiter({ parent: root });
    const traffic = new Traffic(root);
    traffic.add(slow);
    traffic.add(slow);
    traffic.add(free);
    traffic.run(10_000);
    const [a = 0, b = 0, c = 0] = traffic.moved;
    expect(Math.abs((a + b) / (1_000 * KIB) - 1)).toBeLessThan(0.05);
    expect(Math.abs(a - b)).toBeLessThanOrEqual(BLOCK_LENGTH);
    expect(Math.abs((a + b + c) / (10 * MIB) - 1)).toBeLessThan(0.03);
  });

  it('says what holds in the end: its own limit or one above it', () => {
    const root = new RateLimiter({ bytesPerSecond: 1_000 });
    const torrent = new RateLimiter({ parent: root });
    expect([torrent.bytesPerSecond, torrent.leastBytesPerSecond]).toEqual([Infinity, 1_000]);
    torrent.setRate(10, 0);
    expect([torrent.leastBytesPerSecond, root.leastBytesPerSecond]).toEqual([10, 1_000]);
    expect(new RateLimiter().leastBytesPerSecond).toBe(Infinity);
  });

  it('shares the limit of all among peers, not among torrents', () => {
    const root = new RateLimiter({ bytesPerSecond: MIB });
    const traffic = new Traffic(root);
    const [one, many] = [new RateLimiter({ parent: root }), new RateLimiter({ parent: root })];
    traffic.add(one);
    for (const _ of upTo(3)) traffic.add(many);
    traffic.run(10_000);
    for (const moved of traffic.moved) expect(Math.abs(moved / (2.5 * MIB) - 1)).toBeLessThan(0.05);
  });

  it('does not have a peer of one torrent wait for what another torrent lacks', () => {
    const root = new RateLimiter({ bytesPerSecond: 10 * MIB });
    const traffic = new Traffic(root);
    const dry = new RateLimiter({ bytesPerSecond: 1, parent: root });
    for (const _ of upTo(50)) traffic.add(dry);
    traffic.add(root);
    traffic.run(10_000);
    expect(Math.abs((traffic.moved[50] ?? 0) / (100 * MIB) - 1)).toBeLessThan(0.03);
  });

  it('does not let short blocks overtake a long one for ever', () => {
    const limiter = new RateLimiter({ bytesPerSecond: 20 * KIB });
    const traffic = new Traffic(limiter);
    for (const _ of upTo(10)) traffic.add(limiter, 100);
    traffic.add(limiter, 8 * BLOCK_LENGTH);
    traffic.run(200_000);
    expect(traffic.moved[10]).toBeGreaterThan(0.7 * 20 * KIB * (200 / 11));
  });

  it('follows a rate that changes, and one that is taken away', () => {
    const limiter = new RateLimiter({ bytesPerSecond: 10 });
    const traffic = new Traffic(limiter);
    traffic.add(limiter);
    traffic.add(limiter);
    traffic.run(1_000);
    expect(traffic.total).toBe(0);
    limiter.setRate(MIB, traffic.nowMs);
    traffic.run(10_000);
    expect(Math.abs(traffic.total / (10 * MIB) - 1)).toBeLessThan(0.025);
    limiter.setRate(Infinity, traffic.nowMs);
    expect(limiter.serve(traffic.nowMs)).toBe(Infinity);
    expect(limiter.waitingCount).toBe(0);
    limiter.setRate(64 * KIB, traffic.nowMs);
    expect(limiter.share(() => {}).take(1, traffic.nowMs)).toBe(false);
  });

  it('asks to be served when the first one waits, and says for how long no one needs to', () => {
    let asked = 0;
    const root = new RateLimiter({ bytesPerSecond: BLOCK_LENGTH, onWaiting: () => (asked += 1) });
    const torrent = new RateLimiter({ parent: root });
    const [a, b] = [torrent.share(() => a?.take(BLOCK_LENGTH, 1_000)), torrent.share(() => {})];
    expect([a?.take(BLOCK_LENGTH, 0), b?.take(BLOCK_LENGTH, 0), asked]).toEqual([false, false, 1]);
    expect(root.serve(0)).toBeCloseTo(1_000);
    expect(root.serve(400)).toBeCloseTo(600);
    expect(root.serve(1_000)).toBeCloseTo(1_000);
    expect([a?.isWaiting, b?.isWaiting]).toEqual([false, true]);
    b?.leave();
    expect([root.serve(1_001), root.waitingCount]).toEqual([Infinity, 0]);
  });

  it('counts what is given back as not moved, up to a second of it', () => {
    const limiter = new RateLimiter({ bytesPerSecond: 100_000 });
    const share = limiter.share(() => {});
    limiter.setRate(100_000, 0);
    expect(share.take(16_000, 250)).toBe(true);
    share.giveBack(16_000);
    expect(share.take(16_000, 250)).toBe(true);
    share.giveBack(10_000_000);
    expect([share.take(100_000, 250), share.take(10_000, 250)]).toEqual([true, false]);
  });

  it('forgets no one who waits, whoever comes, leaves and changes limits meanwhile', () => {
    const step = fc.record({
      act: fc.constantFrom('take', 'leave', 'giveBack', 'root', 'torrent', 'serve' as const),
      at: fc.nat(5),
      length: fc.integer({ min: 1, max: 131_072 }),
      rate: fc.constantFrom(1, 1_000, 100_000, 10 * MIB, Infinity),
      afterMs: fc.nat(3_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        let nowMs = 0;
        let asked = 0;
        const root = new RateLimiter({ bytesPerSecond: 50_000, onWaiting: () => (asked += 1) });
        const torrents = [
          new RateLimiter({ parent: root, bytesPerSecond: 9_000 }),
          new RateLimiter({ parent: root }),
        ];
        const wanted = new Map<number, number>();
        const shares = upTo(6).map((at) =>
          (torrents[at % 2] ?? root).share((turnMs) => {
            const length = wanted.get(at);
            if (length !== undefined && shares[at]?.take(length, turnMs) === true) wanted.delete(at);
          }),
        );
        for (const { act, at, length, rate, afterMs } of steps) {
          nowMs += afterMs;
          const share = shares[at];
          const before = asked;
          const waitedBefore = root.waitingCount;
          if (act === 'take' && share?.take(length, nowMs) === false) wanted.set(at, length);
          else if (act === 'take') wanted.delete(at);
          if (act === 'leave') {
            share?.leave();
            wanted.delete(at);
          }
          if (act === 'giveBack') share?.giveBack(length);
          if (act === 'root') root.setRate(rate, nowMs);
          if (act === 'torrent') torrents[at % 2]?.setRate(rate, nowMs);
          if (waitedBefore === 0 && root.waitingCount > 0) expect(asked).toBe(before + 1);
          if (act === 'serve') expect(Number.isFinite(root.serve(nowMs))).toBe(root.waitingCount > 0);
        }
        // With limits that let go what is wanted, everyone is served.
        root.setRate(MIB, nowMs);
        for (const torrent of torrents) torrent.setRate(MIB, nowMs);
        for (let left = 600_000; left > 0 && root.waitingCount > 0; left -= 100) root.serve((nowMs += 100));
        expect([root.waitingCount, wanted.size]).toEqual([0, 0]);
      }),
    );
  });

  it.each([0, -1, Number.NaN])('refuses a rate of %d', (bytesPerSecond) => {
    expect(() => new RateLimiter({ bytesPerSecond })).toThrowError(RangeError);
    expect(() => new RateLimiter().setRate(bytesPerSecond, 0)).toThrowError(RangeError);
  });
});
