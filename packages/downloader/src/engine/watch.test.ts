import { describe, expect, it } from 'vitest';
import { Watch } from './watch.ts';

/** What a watch of 500 ms answers to ticks that come after so many milliseconds each. */
function answers(...gaps: readonly number[]): string {
  const watch = new Watch(500, 0);
  let now = 0;
  return gaps
    .map((gap) => {
      now += gap;
      return watch.wasAway(now) ? 'away' : 'here';
    })
    .join(' ');
}

describe('Watch', () => {
  it('takes a tick that is late by more than half for having been away', () => {
    expect(answers(500, 750, 751, 500)).toBe('here here away here');
  });

  it('excuses no one for ever where every tick is late', () => {
    expect(answers(...Array<number>(7).fill(1_000))).toBe('away away away away here here here');
    expect(answers(...Array<number>(7).fill(1_000), 500, 1_000)).toMatch(/here away$/);
  });

  it('excuses for a long gap, however often it happened', () => {
    expect(answers(...Array<number>(6).fill(1_000), 10_001)).toMatch(/here away$/);
  });

  it('counts from when it was started', () => {
    const watch = new Watch(500, 0);
    watch.start(60_000);
    expect(watch.wasAway(60_500)).toBe(false);
  });
});
