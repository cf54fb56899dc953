import { describe, expect, it } from 'vitest';
import { LocalIntake } from './local-intake.ts';

describe('LocalIntake', () => {
  it('takes ten new peers a minute, however many are claimed', () => {
    const intake = new LocalIntake();
    let taken = 0;
    for (let nowMs = 0; nowMs < 5 * 60_000; nowMs += 10)
      if (intake.admitPeer(`peer ${nowMs}`, nowMs)) taken += 1;
    expect(taken).toBe(50);
  });

  it('tells of those it took as often as they come', () => {
    const intake = new LocalIntake();
    const name = (at: number): string => `peer ${at}`;
    for (let at = 0; at < 20; at += 1) intake.admitPeer(name(at), 0);
    expect([3, 12].map((at) => intake.admitPeer(name(at), 1))).toEqual([true, false]);
  });

  it('reads a hundred datagrams a second', () => {
    const intake = new LocalIntake();
    let read = 0;
    for (let at = 0; at < 10_000; at += 1) if (intake.admitDatagram(at / 10)) read += 1;
    expect(read).toBe(100);
    expect(intake.admitDatagram(1_000)).toBe(true);
  });
});
