import { ManualClock } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { RateLimiter, type RateShare } from '../policy/rate-limiter.ts';
import { CountingClock } from '../testing/counting-clock.ts';
import { RateTimer } from './rate-timer.ts';

const BLOCK_LENGTH = 16_384;

/** A share that moves blocks for as long as it may. */
function greedy(limiter: RateLimiter): { readonly share: RateShare; moved: number; start(): void } {
  const start = (nowMs: number): void => {
    while (peer.share.take(BLOCK_LENGTH, nowMs) && !peer.share.isUnlimited) peer.moved += BLOCK_LENGTH;
  };
  const peer = { share: limiter.share(start), moved: 0, start: () => start(0) };
  return peer;
}

describe('RateTimer', () => {
  it('serves those who wait as time passes, and has no timer while no one does', () => {
    const manual = new ManualClock();
    const clock = new CountingClock(manual);
    const timer = new RateTimer(clock, 1_000_000);
    const peers = [greedy(timer.limiter), greedy(new RateLimiter({ parent: timer.limiter }))];
    expect(clock.timerCount).toBe(0);
    for (const peer of peers) peer.start();
    expect(clock.timerCount).toBe(1);
    manual.advance(10_000);
    for (const { moved } of peers) expect(Math.abs(moved / 5_000_000 - 1)).toBeLessThan(0.05);
    for (const { share } of peers) share.leave();
    manual.advance(1_000);
    expect(clock.timerCount).toBe(0);
  });

  it('serves at once those whom a new rate lets go on', () => {
    const manual = new ManualClock();
    const clock = new CountingClock(manual);
    const timer = new RateTimer(clock, 1);
    const torrent = new RateLimiter({ bytesPerSecond: 1, parent: timer.limiter });
    const peer = greedy(torrent);
    peer.start();
    manual.advance(1_000);
    timer.setRate(torrent, Infinity);
    expect([peer.share.isWaiting, clock.timerCount]).toEqual([true, 1]);
    timer.setRate(timer.limiter, Infinity);
    expect([peer.share.isWaiting, timer.limiter.waitingCount]).toEqual([false, 0]);
    manual.advance(60_000_000);
    expect(clock.timerCount).toBe(0);
  });

  it('leaves no timer behind when it is closed', () => {
    const clock = new CountingClock(new ManualClock());
    const timer = new RateTimer(clock, 1);
    const peer = greedy(timer.limiter);
    peer.start();
    timer.close();
    peer.start();
    timer.setRate(timer.limiter, 1_000_000);
    expect(clock.timerCount).toBe(0);
  });
});
