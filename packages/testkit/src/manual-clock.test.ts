import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { seededRandom } from './random.ts';

describe('ManualClock', () => {
  it('runs nothing until the time is moved on', () => {
    const clock = new ManualClock();
    let runs = 0;
    clock.setTimer(0, () => (runs += 1));
    expect(runs).toBe(0);
    clock.advance(0);
    expect(runs).toBe(1);
  });

  it('runs timers in the order in which they fall due, each at its own time', () => {
    const clock = new ManualClock(100);
    const seen: string[] = [];
    for (const [name, delayMs] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['b2', 20],
    ] as const) {
      clock.setTimer(delayMs, () => seen.push(`${name}@${clock.now()}`));
    }
    clock.advance(25);
    expect(seen).toEqual(['a@110', 'b@120', 'b2@120']);
    expect(clock.now()).toBe(125);
    clock.advance(5);
    expect(seen.at(-1)).toBe('c@130');
  });

  it('runs timers that other timers set, if they are due by then', () => {
    const clock = new ManualClock();
    const seen: number[] = [];
    const again = (): void => {
      seen.push(clock.now());
      clock.setTimer(10, again);
    };
    clock.setTimer(10, again);
    clock.advance(35);
    expect(seen).toEqual([10, 20, 30]);
    expect(clock.nextDueMs).toBe(40);
  });

  it('never runs a cancelled timer, and counts the pending ones', () => {
    const clock = new ManualClock();
    let runs = 0;
    const timer = clock.setTimer(5, () => (runs += 1));
    clock.setTimer(6, () => (runs += 10));
    expect(clock.pendingCount).toBe(2);
    timer.cancel();
    timer.cancel();
    expect(clock.pendingCount).toBe(1);
    expect(clock.nextDueMs).toBe(6);
    clock.advance(10);
    expect(runs).toBe(10);
    expect(clock.pendingCount).toBe(0);
    expect(clock.nextDueMs).toBeUndefined();
  });

  it('keeps the order of a thousand timers set at random', () => {
    const clock = new ManualClock();
    const random = seededRandom(7);
    const seen: number[] = [];
    for (let count = 0; count < 1000; count += 1) {
      clock.setTimer(Math.floor(random() * 200), () => seen.push(clock.now()));
    }
    clock.advance(200);
    expect(seen).toHaveLength(1000);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  });

  it('refuses to go back', () => {
    expect(() => new ManualClock().advance(-1)).toThrow(RangeError);
    expect(() => new ManualClock().setTimer(Number.NaN, () => {})).toThrow(RangeError);
  });

  it('advances until a condition holds, letting promises settle between timers', async () => {
    const clock = new ManualClock();
    let isDone = false;
    clock.setTimer(1000, () => {
      void Promise.resolve().then(() => {
        clock.setTimer(500, () => (isDone = true));
      });
    });
    await clock.advanceUntil(() => isDone);
    expect(clock.now()).toBe(1500);
  });

  it('says so when the condition is not reached in time', async () => {
    const clock = new ManualClock();
    const again = (): void => void clock.setTimer(1000, again);
    again();
    await expect(clock.advanceUntil(() => false, 10_000)).rejects.toThrow(/within 10000 ms/);
    expect(clock.now()).toBe(10_000);
  });
});
