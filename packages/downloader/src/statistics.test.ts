import { describe, expect, it } from 'vitest';
import { RateMeter } from './statistics.ts';

describe('RateMeter', () => {
  it('answers the first rate as it is', () => {
    const meter = new RateMeter(1_000);
    expect(meter.perSecond).toBe(0);
    meter.sample(500, 1_500);
    expect(meter.perSecond).toBe(1_000);
  });

  it('comes close to a new rate within some seconds, however often it is asked', () => {
    for (const stepMs of [100, 500, 1_000]) {
      const meter = new RateMeter(0);
      meter.sample(1, 1_000);
      for (let at = stepMs; at <= 10_000; at += stepMs) meter.sample(at * 2, 1_000 + at);
      expect(meter.perSecond).toBeGreaterThan(1_850);
      expect(meter.perSecond).toBeLessThanOrEqual(2_000);
    }
  });

  it('does not count the time before anything came', () => {
    const meter = new RateMeter(0);
    for (let at = 0; at <= 5_000; at += 500) meter.sample(0, at);
    meter.sample(1_000, 5_500);
    expect(meter.perSecond).toBe(2_000);
  });

  it('takes no notice of a moment of no length', () => {
    const meter = new RateMeter(0);
    meter.sample(100, 0);
    expect(meter.perSecond).toBe(0);
  });
});
