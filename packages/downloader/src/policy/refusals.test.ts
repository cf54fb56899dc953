import { describe, expect, it } from 'vitest';
import { Refusals } from './refusals.ts';

describe('Refusals', () => {
  it('gives a piece back after a second', () => {
    const refusals = new Refusals();
    expect([refusals.refuse(7, 0), refusals.refuse(7, 0)]).toEqual([true, false]);
    expect(refusals.takeOver(999)).toEqual([]);
    expect(refusals.takeOver(1_000)).toEqual([7]);
    expect(refusals.takeOver(1_000)).toEqual([]);
  });

  it('leaves a peer alone that refuses four pieces in a row, for longer each time, up to a minute', () => {
    const refusals = new Refusals();
    let now = 0;
    const pauses: number[] = [];
    for (let piece = 0; piece < 9; piece += 1) {
      refusals.refuse(piece, now);
      let pause = 0;
      while (refusals.isPaused(now + pause)) pause += 1_000;
      pauses.push(pause / 1_000);
      now += pause;
    }
    expect(pauses).toEqual([0, 0, 0, 8, 16, 32, 60, 60, 60]);
  });

  it('begins anew when a block came in between', () => {
    const refusals = new Refusals();
    for (let piece = 0; piece < 3; piece += 1) refusals.refuse(piece, 0);
    refusals.answered();
    refusals.refuse(3, 0);
    expect(refusals.isPaused(0)).toBe(false);
    expect(refusals.takeOver(1_000)).toEqual([0, 1, 2, 3]);
  });

  it('forgets what was refused for another reason', () => {
    const refusals = new Refusals();
    for (let piece = 0; piece < 5; piece += 1) refusals.refuse(piece, 0);
    expect(refusals.isPaused(0)).toBe(true);
    expect(refusals.takeBack()).toEqual([0, 1, 2, 3, 4]);
    expect([refusals.isPaused(0), refusals.takeBack()]).toEqual([false, []]);
  });
});
