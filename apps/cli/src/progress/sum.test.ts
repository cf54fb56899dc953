import { describe, expect, it } from 'vitest';
import { fakeStatistics } from '../testing/fake-layers.ts';
import type { ProgressSource } from './progress-view.ts';
import { sumOf } from './sum.ts';

function sourceOf(
  statistics: Parameters<typeof fakeStatistics>[0],
  states: readonly number[],
): ProgressSource {
  return { statistics: () => fakeStatistics(statistics), pieceStates: () => Uint8Array.from(states) };
}

describe('sumOf()', () => {
  const sum = sumOf([
    sourceOf(
      { phase: 'seeding', bytesTotal: 1000, bytesHave: 1000, uploadedBytes: 500, peersInterested: 1 },
      [2, 2],
    ),
    sourceOf(
      { phase: 'checking', bytesTotal: 3000, bytesHave: 1000, uploadedBytes: 0, peersInterested: 2 },
      [0],
    ),
  ]);

  it('adds up what can be added, and is as far as the slowest', () => {
    expect(sum.statistics()).toMatchObject({
      phase: 'checking',
      bytesTotal: 4000,
      bytesHave: 2000,
      uploadedBytes: 500,
      peersInterested: 3,
    });
    expect(sum.pieceStates()).toEqual(Uint8Array.of(2, 2, 0));
  });

  it('says in the end how much was given', () => {
    expect(sum.summary()).toBe('Seeded: 500 B given (ratio 0.25)');
  });
});
