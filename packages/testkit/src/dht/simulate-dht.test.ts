import { describe, expect, it } from 'vitest';
import { type DhtSimulationResult, simulateDht } from './simulate-dht.ts';

const NODE_COUNT = 10_000;
/** On a machine that has other things to do. */
const PATIENCE_MS = 120_000;

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >>> 1] ?? Number.NaN;
}

/** What a search may cost in a network of so many nodes. */
function expectCheap({ hops, queries }: DhtSimulationResult, nodeCount: number): void {
  expect(median(hops)).toBeLessThan(Math.log2(nodeCount) / 2);
  expect(median(queries)).toBeLessThan(2.5 * Math.log2(nodeCount));
}

describe('a network of 10,000 nodes, of which packets get lost and nodes leave and join', () => {
  it(
    'has 99 % of what was announced found',
    () => {
      const result = simulateDht({ seed: 7, nodeCount: NODE_COUNT, hashCount: 300 });
      expect(result.found / result.announced).toBeGreaterThanOrEqual(0.99);
      // Each of those that joined asked around where it is, and took an id that others accept.
      expect(result.joined).toBe(NODE_COUNT * 0.02);
      expectCheap(result, NODE_COUNT);
    },
    PATIENCE_MS,
  );

  it(
    'has 95 % of it found though a fifth of the nodes is hostile, also where they have put themselves around it',
    () => {
      const result = simulateDht({
        seed: 7,
        nodeCount: NODE_COUNT,
        hashCount: 300,
        hostileShare: 0.2,
        squattedCount: 20,
      });
      expect(result.found / result.announced).toBeGreaterThanOrEqual(0.95);
      expect(result.squattedFound).toBeGreaterThanOrEqual(16);
      expectCheap(result, NODE_COUNT);
    },
    PATIENCE_MS,
  );
});

describe('simulateDht()', () => {
  it('gives the same for the same seed, and something else for another', () => {
    const options = { seed: 1, nodeCount: 300, hashCount: 20, hostileShare: 0.1 };
    const result = simulateDht(options);
    expect(simulateDht(options)).toEqual(result);
    expect(simulateDht({ ...options, seed: 2 })).not.toEqual(result);
  });
});
