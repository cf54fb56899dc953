import { describe, expect, it } from 'vitest';
import { seededRandom } from '@millrace/testkit';
import { AnnounceSchedule } from './announce-schedule.ts';

const HOUR = 3_600_000;

function scheduleOf(...tiers: readonly (readonly string[])[]): AnnounceSchedule {
  return new AnnounceSchedule({ tiers, random: seededRandom(5) });
}

/** Announces that all fail, until one is not due. */
function failing(schedule: AnnounceSchedule, nowMs: number): string[] {
  const trackers: string[] = [];
  for (let due = schedule.next(nowMs); due !== undefined; due = schedule.next(nowMs)) {
    trackers.push(due.tracker);
    schedule.failed(nowMs);
  }
  return trackers;
}

describe('AnnounceSchedule', () => {
  it('asks every tracker of a tier before the next tier, then rests', () => {
    const trackers = failing(scheduleOf(['a', 'b', 'c'], ['d'], ['e', 'f']), 0);
    expect(trackers.slice(0, 3).toSorted()).toEqual(['a', 'b', 'c']);
    expect(trackers[3]).toBe('d');
    expect(trackers.slice(4).toSorted()).toEqual(['e', 'f']);
  });

  it('shuffles a tier, not the tiers', () => {
    const firsts = new Set(
      Array.from({ length: 40 }, (_, seed) => {
        const schedule = new AnnounceSchedule({ tiers: [['a', 'b'], ['c']], random: seededRandom(seed + 1) });
        return schedule.next(0)?.tracker;
      }),
    );
    expect(firsts).toEqual(new Set(['a', 'b']));
  });

  it('asks the tracker that answered first next time', () => {
    const schedule = scheduleOf(['a', 'b', 'c']);
    schedule.failed(0);
    const second = schedule.next(0);
    if (second === undefined) throw new Error('a second tracker is due');
    schedule.succeeded(second, { intervalMs: HOUR }, 0);
    expect(schedule.next(HOUR - 1)).toBeUndefined();
    expect(schedule.next(HOUR)?.tracker).toBe(second.tracker);
  });

  it('rests twice as long each time that all fail, up to half an hour', () => {
    const schedule = scheduleOf(['a']);
    let now = 0;
    const rests = Array.from({ length: 10 }, () => {
      expect(failing(schedule, now)).toEqual(['a']);
      const rest = schedule.dueMs - now;
      now = schedule.dueMs;
      return rest / 1_000;
    });
    expect(rests).toEqual([15, 30, 60, 120, 240, 480, 960, 1_800, 1_800, 1_800]);
  });

  it.each([
    [0, 60_000],
    [-5, 60_000],
    [59_999, 60_000],
    [1_800_000, 1_800_000],
    [1e15, 24 * HOUR],
  ])('takes an interval of %d ms as %d', (intervalMs, expected) => {
    const schedule = scheduleOf(['a']);
    schedule.succeeded({ tracker: 'a', event: 'started' }, { intervalMs }, 7);
    expect(schedule.dueMs).toBe(7 + expected);
  });

  it('hurries no more than the tracker allows', () => {
    const schedule = scheduleOf(['a']);
    schedule.succeeded({ tracker: 'a', event: 'started' }, { intervalMs: HOUR, minIntervalMs: 300_000 }, 0);
    expect(schedule.hurry(1_000)).toBe(300_000);
    schedule.succeeded({ tracker: 'a', event: undefined }, { intervalMs: HOUR }, 0);
    expect(schedule.hurry(1_000)).toBe(60_000);
  });

  it('does not hurry past the rest after failures', () => {
    const schedule = scheduleOf(['a']);
    failing(schedule, 0);
    expect(schedule.hurry(1)).toBe(15_000);
  });

  it('tells started once to each tracker that answers, and completed once to one that was started', () => {
    const schedule = scheduleOf(['a']);
    const first = schedule.next(0);
    expect(first).toEqual({ tracker: 'a', event: 'started' });
    schedule.failed(0);
    const again = schedule.next(15_000);
    expect(again?.event).toBe('started');
    schedule.succeeded({ tracker: 'a', event: 'started' }, { intervalMs: HOUR }, 15_000);
    expect(schedule.next(15_000 + HOUR)?.event).toBeUndefined();
    schedule.complete(20_000);
    expect(schedule.next(20_000)).toEqual({ tracker: 'a', event: 'completed' });
    schedule.succeeded({ tracker: 'a', event: 'completed' }, { intervalMs: HOUR }, 20_000);
    schedule.complete(21_000);
    expect(schedule.next(21_000)).toBeUndefined();
    expect(schedule.next(20_000 + HOUR)?.event).toBeUndefined();
  });

  it('stops with those that were started, and announces nothing after', () => {
    const schedule = scheduleOf(['a'], ['b']);
    failing(schedule, 0);
    schedule.succeeded({ tracker: 'a', event: 'started' }, { intervalMs: HOUR }, 15_000);
    expect(schedule.stop()).toEqual(['a']);
    expect(schedule.next(1e12)).toBeUndefined();
    expect(schedule.isEmpty).toBe(true);
  });

  it('is empty without trackers', () => {
    expect([scheduleOf().isEmpty, scheduleOf([], []).isEmpty, scheduleOf(['a']).isEmpty]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
