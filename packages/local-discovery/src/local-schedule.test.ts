import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LocalSchedule } from './local-schedule.ts';

const MINUTE = 60_000;

describe('LocalSchedule', () => {
  it('announces at once, then every five minutes', () => {
    const schedule = new LocalSchedule<string>();
    expect(schedule.dueMs).toBe(Infinity);
    schedule.join('a', 1_000);
    expect(schedule.takeDue(1_000)).toEqual(['a']);
    expect(schedule.dueMs).toBe(1_000 + 5 * MINUTE);
    expect(schedule.takeDue(999 + 5 * MINUTE)).toEqual([]);
    expect(schedule.takeDue(1_000 + 5 * MINUTE)).toEqual(['a']);
  });

  it('announces sooner when peers are wanted, once a minute at the most', () => {
    const schedule = new LocalSchedule<string>();
    schedule.join('a', 0);
    schedule.takeDue(0);
    schedule.hurry('a', 10_000);
    expect(schedule.dueMs).toBe(MINUTE);
    schedule.takeDue(MINUTE);
    schedule.hurry('a', 3 * MINUTE);
    expect(schedule.dueMs).toBe(3 * MINUTE);
  });

  it('takes all that are due together', () => {
    const schedule = new LocalSchedule<string>();
    for (const name of ['a', 'b', 'c']) schedule.join(name, 0);
    expect(schedule.takeDue(0)).toEqual(['a', 'b', 'c']);
  });

  it('announces no torrent that was left, and counts on when it is joined again', () => {
    const schedule = new LocalSchedule<string>();
    schedule.join('a', 0);
    schedule.takeDue(0);
    schedule.leave('a', 1_000);
    expect(schedule.dueMs).toBe(Infinity);
    schedule.join('a', 2_000);
    expect(schedule.dueMs).toBe(MINUTE);
  });

  it('never announces a torrent twice in a minute, whatever is asked of it', () => {
    const step = fc.record({
      act: fc.constantFrom('join', 'leave', 'hurry', 'take'),
      name: fc.constantFrom('a', 'b'),
      afterMs: fc.nat({ max: 40_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const schedule = new LocalSchedule<string>();
        const last = new Map<string, number>();
        let nowMs = 0;
        for (const { act, name, afterMs } of steps) {
          nowMs += afterMs;
          if (act === 'join') schedule.join(name, nowMs);
          if (act === 'leave') schedule.leave(name, nowMs);
          if (act === 'hurry') schedule.hurry(name, nowMs);
          if (act !== 'take') continue;
          for (const due of schedule.takeDue(nowMs)) {
            expect(nowMs - (last.get(due) ?? -Infinity)).toBeGreaterThanOrEqual(MINUTE);
            last.set(due, nowMs);
          }
        }
      }),
    );
  });
});
