import { describe, expect, it } from 'vitest';
import { Patience } from './patience.ts';
import { fakeStatistics } from './testing/fake-layers.ts';

describe('Patience', () => {
  const alone = fakeStatistics({ peersConnected: 0 });

  it('is over after so long without a peer', () => {
    const patience = new Patience(1000);
    expect([patience.isOver(alone, 0), patience.isOver(alone, 999), patience.isOver(alone, 1000)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('begins anew with every peer, and while what is here is checked', () => {
    for (const other of [
      fakeStatistics({ peersConnected: 1 }),
      fakeStatistics({ peersConnected: 0, phase: 'checking' }),
    ]) {
      const patience = new Patience(1000);
      patience.isOver(alone, 0);
      patience.isOver(other, 900);
      expect([patience.isOver(alone, 1000), patience.isOver(alone, 2000)]).toEqual([false, true]);
    }
  });

  it('has no end where none was given', () => {
    const patience = new Patience();
    patience.isOver(alone, 0);
    expect(patience.isOver(alone, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});
