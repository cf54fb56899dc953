import { bandwidths, freeRiders, greedy, newcomers, seededRandom, type Fare } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { Choker } from './choker.ts';

const KIB = 1024;
const SEEDS = [1, 2, 3];
const makeChoker = (random: () => number): Choker => new Choker(random);

/** The two rows of a scenario with two kinds of peers. */
function pair([one, other]: readonly Fare[]): readonly [Fare, Fare] {
  if (one === undefined || other === undefined) throw new RangeError('not two kinds');
  return [one, other];
}

describe('Choker in a simulated swarm', () => {
  it('gives who only takes much less than who gives, and not nothing', () => {
    for (const seed of SEEDS) {
      const [givers, takers] = pair(freeRiders(makeChoker, seed));
      expect(takers.meanRate / givers.meanRate).toBeLessThan(0.7);
      expect(takers.lowestRate / givers.meanRate).toBeGreaterThan(0.2);
    }
  });

  it('gives more to who gives more, and starves no one', () => {
    for (const seed of SEEDS) {
      const rates = bandwidths(makeChoker, seed);
      for (const [at, { meanRate }] of rates.entries())
        expect(meanRate).toBeGreaterThan(1.1 * (rates[at - 1]?.meanRate ?? 0));
      for (const { lowestRate, uploadRate } of rates) expect(lowestRate).toBeGreaterThan(0.5 * uploadRate);
    }
  });

  it('gets newcomers going within half a minute, and then as fast as the others', () => {
    for (const seed of SEEDS) {
      const [before, late] = pair(newcomers(makeChoker, seed));
      expect(late.lastFirstPieceMs).toBeLessThan(30_000);
      expect(late.meanRate / before.meanRate).toBeGreaterThan(0.7);
    }
  });

  it('gives everyone who takes from a seed 70 % of a fair share or more, beside greedy ones', () => {
    for (const seed of SEEDS) {
      const [modest] = pair(greedy(makeChoker, seed));
      expect(modest.lowestRate).toBeGreaterThan(0.7 * ((400 * KIB) / 20));
    }
  });

  it('decides the same for the same seed', () => {
    expect(freeRiders(makeChoker, 9)).toEqual(freeRiders(makeChoker, 9));
  });

  it('decides among 500 peers in a bounded number of steps', () => {
    let draws = 0;
    const random = seededRandom(4);
    const choker = new Choker(() => {
      draws += 1;
      return random();
    });
    const peers = Array.from({ length: 500 }, (_, key) => ({
      key,
      isInterested: true,
      isWanted: true,
      isUploadOnly: false,
      downloadedLength: 0,
      uploadedLength: 0,
      connectedMs: 0,
    }));
    for (let nowMs = 0; nowMs < 600_000; nowMs += 10_000) {
      expect(choker.rechoke(peers, { nowMs, isSeeding: true, slots: 50 }).size).toBe(51);
    }
    expect(draws).toBeLessThan(500 + 60 * 2 * 51);
  });
});
