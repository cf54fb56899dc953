import { seededRandom } from '@millrace/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import type { ChokerPeer } from './choker-peers.ts';
import { Choker, type ChokeConditions } from './choker.ts';

const KIB = 1024;

/** Peers whose counters a test moves on, and their choker. */
class Bench {
  readonly choker = new Choker(seededRandom(5));
  readonly peers = new Map<number, ChokerPeer>();
  readonly conditions: Omit<ChokeConditions, 'nowMs'>;
  nowMs = 0;

  constructor(conditions: Omit<ChokeConditions, 'nowMs'>) {
    this.conditions = conditions;
  }

  add(key: number, facts: Partial<ChokerPeer> = {}): void {
    this.peers.set(key, {
      key,
      isInterested: true,
      isWanted: true,
      isUploadOnly: false,
      downloadedLength: 0,
      uploadedLength: 0,
      connectedMs: this.nowMs,
      ...facts,
    });
  }

  change(key: number, facts: Partial<ChokerPeer>): void {
    const peer = this.peers.get(key);
    if (peer !== undefined) this.peers.set(key, { ...peer, ...facts });
  }

  gives(key: number, length: number): void {
    this.change(key, { downloadedLength: (this.peers.get(key)?.downloadedLength ?? 0) + length });
  }

  takes(key: number, length: number): void {
    this.change(key, { uploadedLength: (this.peers.get(key)?.uploadedLength ?? 0) + length });
  }

  rechoke(): number[] {
    const conditions = { ...this.conditions, nowMs: this.nowMs };
    return [...this.choker.rechoke(this.peers.values(), conditions)].toSorted((a, b) => a - b);
  }

  /** So many intervals, in each of which peers give and take what `between` says; answers the last decision. */
  run(intervals: number, between: (unchoked: readonly number[]) => void = () => {}): number[] {
    let unchoked = this.rechoke();
    for (const _ of upTo(intervals)) {
      between(unchoked);
      this.nowMs += 10_000;
      if (!this.choker.isDue(this.nowMs)) throw new Error('not due after ten seconds');
      unchoked = this.rechoke();
    }
    return unchoked;
  }
}

describe('Choker', () => {
  it('lets everyone in at once while there are slots, and one more than the regular ones', () => {
    const bench = new Bench({ isSeeding: false, slots: 3 });
    for (const key of upTo(10)) bench.add(key);
    expect(bench.rechoke()).toHaveLength(4);
  });

  it('gives regular slots to those who gave most in the last twenty seconds', () => {
    const bench = new Bench({ isSeeding: false, slots: 3 });
    for (const key of upTo(10)) bench.add(key);
    const unchoked = bench.run(4, () => {
      for (const key of [2, 4, 6, 8]) bench.gives(key, key * KIB);
    });
    expect(unchoked).toHaveLength(4);
    expect(unchoked).toEqual(expect.arrayContaining([4, 6, 8]));
    // What was given before that does not count.
    const later = bench.run(3, () => {
      for (const key of [1, 2, 3]) bench.gives(key, 10);
    });
    expect(later).toEqual(expect.arrayContaining([1, 2, 3]));
  });

  it('never gives a slot to one that is not interested, or says that it only gives', () => {
    const bench = new Bench({ isSeeding: false, slots: 8 });
    bench.add(1, { isInterested: false });
    bench.add(2, { isUploadOnly: true });
    bench.add(3);
    const unchoked = bench.run(5, () => {
      for (const key of [1, 2]) bench.gives(key, KIB);
    });
    expect(unchoked).toEqual([3]);
  });

  it('lends the optimistic slot for thirty seconds, to all of them in turn', () => {
    const bench = new Bench({ isSeeding: false, slots: 2 });
    for (const key of upTo(12)) bench.add(key);
    const turns: number[] = [];
    bench.run(3 * 14, (unchoked) => {
      for (const key of [0, 1]) bench.gives(key, KIB);
      turns.push(...unchoked.filter((key) => key > 1));
    });
    const lent = turns.slice(6); // after the first, in which no one had given anything
    for (const key of upTo(12).slice(2))
      expect(lent.filter((turn) => turn === key).length).toBeGreaterThanOrEqual(3);
    for (const at of upTo(Math.floor(lent.length / 3)))
      expect(new Set(lent.slice(3 * at, 3 * at + 3)).size).toBeLessThanOrEqual(2);
  });

  it('favours newcomers three to one', () => {
    const bench = new Bench({ isSeeding: false, slots: 1 });
    const isNew = new Set<number>();
    for (const key of upTo(20)) bench.add(key);
    bench.run(3 * 25, () => bench.gives(0, KIB)); // until everyone has had a turn
    let newcomers = 0;
    let turns = 0;
    let last: number | undefined;
    for (const turn of upTo(120)) {
      for (const at of upTo(2)) {
        const key = 1_000 + 2 * turn + at;
        bench.add(key);
        isNew.add(key);
      }
      const [, lent] = bench.run(3, () => bench.gives(0, KIB));
      if (lent === undefined || lent === last) continue;
      last = lent;
      turns += 1;
      if (isNew.has(lent)) newcomers += 1;
    }
    expect(turns).toBeGreaterThan(100);
    expect(newcomers / turns).toBeGreaterThan(0.6);
    expect(newcomers / turns).toBeLessThan(0.9);
  });

  it('gives no more than the optimistic slot to those who gave nothing for a minute', () => {
    const bench = new Bench({ isSeeding: false, slots: 5 });
    for (const key of upTo(4)) bench.add(key);
    expect(bench.run(5)).toHaveLength(4);
    expect(bench.run(5)).toHaveLength(1);
    // Not so those who have nothing that we want.
    for (const key of [1, 2]) bench.change(key, { isWanted: false });
    expect(bench.run(1)).toEqual(expect.arrayContaining([1, 2]));
    expect(bench.run(1)).toHaveLength(3);
  });

  it('counts the minute from when a peer has something that we want', () => {
    const bench = new Bench({ isSeeding: false, slots: 5 });
    for (const key of upTo(4)) bench.add(key, { isWanted: false });
    expect(bench.run(30)).toHaveLength(4);
    for (const key of upTo(4)) bench.change(key, { isWanted: true });
    expect(bench.run(5)).toHaveLength(4);
    expect(bench.run(3)).toHaveLength(1);
  });

  it('gives a slot that came free at once, and takes none before its time', () => {
    const bench = new Bench({ isSeeding: false, slots: 2 });
    for (const key of upTo(6)) bench.add(key);
    const before = bench.run(3, () => {
      for (const key of upTo(6)) bench.gives(key, (6 - key) * KIB);
    });
    const [first = -1, ...others] = before;
    bench.nowMs += 3_000;
    for (const key of upTo(6)) bench.gives(key, key * 100 * KIB); // now others would be better
    bench.change(first, { isInterested: false });
    expect(bench.choker.isDue(bench.nowMs)).toBe(false);
    bench.choker.released(first, bench.nowMs);
    expect(bench.choker.isDue(bench.nowMs)).toBe(true);
    const after = bench.rechoke();
    expect(after).toHaveLength(3);
    expect(after).toEqual(expect.arrayContaining(others));
    expect(after).not.toContain(first);
  });

  it('gives a free slot at once to one that becomes interested, and costs no more than ten times a second', () => {
    const bench = new Bench({ isSeeding: true, slots: 1 });
    expect(bench.rechoke()).toEqual([]);
    bench.nowMs += 1_000;
    bench.add(7);
    bench.choker.interested();
    expect(bench.choker.isDue(bench.nowMs)).toBe(true);
    expect(bench.rechoke()).toEqual([7]);
    bench.add(8);
    bench.nowMs += 50;
    bench.choker.interested();
    expect(bench.choker.isDue(bench.nowMs)).toBe(false);
    bench.nowMs += 50;
    expect(bench.choker.isDue(bench.nowMs)).toBe(true);
    expect(bench.rechoke()).toEqual([7, 8]);
    bench.nowMs += 1_000;
    bench.choker.interested();
    expect(bench.choker.isDue(bench.nowMs)).toBe(false);
  });

  it('takes no regular slot away when a download becomes a seed, but ends it as any turn', () => {
    const bench = new Bench({ isSeeding: false, slots: 4 });
    for (const key of upTo(10)) bench.add(key);
    bench.run(5, () => {
      for (const key of upTo(4)) bench.gives(key, KIB);
      for (const key of upTo(4)) bench.takes(key, KIB);
    });
    const seed = (): ReadonlySet<number> => {
      bench.nowMs += 10_000;
      return bench.choker.rechoke(bench.peers.values(), { nowMs: bench.nowMs, isSeeding: true, slots: 4 });
    };
    expect([...seed()]).toEqual(expect.arrayContaining(upTo(4)));
    seed();
    const later = seed(); // no one took anything meanwhile
    for (const key of upTo(4)) expect([...later]).not.toContain(key);
  });

  it('lends slots of a seed to everyone in turn, and back at once where no one waits', () => {
    const bench = new Bench({ isSeeding: true, slots: 2 });
    for (const key of upTo(9)) bench.add(key);
    const turns = new Map<number, number>();
    bench.run(180, (unchoked) => {
      expect(unchoked).toHaveLength(3);
      for (const key of unchoked) {
        bench.takes(key, 100 * KIB);
        turns.set(key, (turns.get(key) ?? 0) + 1);
      }
    });
    for (const key of upTo(9)) expect(Math.abs((turns.get(key) ?? 0) / 60 - 1)).toBeLessThan(0.3);
    for (const key of upTo(9).slice(3)) bench.peers.delete(key);
    bench.run(12, (unchoked) => {
      expect(unchoked).toHaveLength(3);
    });
  });

  it('takes the slot of a seed from one that does not use it, sooner from one that takes fast', () => {
    const bench = new Bench({ isSeeding: true, slots: 2 });
    for (const key of upTo(3)) bench.add(key);
    bench.rechoke();
    for (const key of upTo(9).slice(3)) bench.add(key);
    const since = new Map<number, number>();
    bench.run(7, (unchoked) => {
      for (const key of unchoked) since.set(key, bench.nowMs);
      for (const key of unchoked) if (key > 2) bench.takes(key, 100 * KIB);
      if (unchoked.includes(0)) bench.takes(0, 900 * KIB);
      if (unchoked.includes(1)) bench.takes(1, 10 * KIB);
    });
    const [fast = 0, slow = 0, idle = 0] = [since.get(0), since.get(1), since.get(2)];
    expect(fast).toBeLessThan(30_000);
    expect(slow).toBe(50_000);
    expect(idle).toBe(10_000);
  });

  it.each([
    [30 * KIB, 4],
    [100 * KIB, 8],
    [1024 * KIB, 25],
    [1, 2],
    [1e12, 50],
    [undefined, 8],
  ])('takes %d bytes a second for %d regular slots', (uploadLimit, slots) => {
    const bench = new Bench({ isSeeding: false, uploadLimit });
    for (const key of upTo(100)) bench.add(key);
    expect(bench.rechoke()).toHaveLength(slots + 1);
  });

  it('has more slots without a limit while much is sent', () => {
    const bench = new Bench({ isSeeding: true });
    for (const key of upTo(100)) bench.add(key);
    const unchoked = bench.run(6, (keys) => {
      for (const key of keys) bench.takes(key, (10_240 * KIB) / keys.length);
    });
    expect(unchoked).toHaveLength(26);
  });

  it('forgets peers that are gone', () => {
    const bench = new Bench({ isSeeding: false, slots: 1 });
    for (const key of upTo(5)) bench.add(key);
    bench.rechoke();
    bench.peers.clear();
    bench.nowMs += 10_000;
    expect(bench.rechoke()).toEqual([]);
  });

  it('keeps its promises whatever peers do', () => {
    const step = fc.record({
      key: fc.nat(12),
      act: fc.constantFrom('come', 'leave', 'want', 'give', 'take', 'turn' as const),
      afterMs: fc.nat(15_000),
    });
    const conditions = fc.record({ isSeeding: fc.boolean(), slots: fc.integer({ min: 1, max: 6 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), conditions, (steps, given) => {
        const bench = new Bench(given);
        let before: readonly number[] = [];
        let fullMs = -Infinity;
        for (const { key, act, afterMs } of steps) {
          bench.nowMs += afterMs;
          const peer = bench.peers.get(key);
          if (act === 'leave' && bench.peers.delete(key)) bench.choker.released(key, bench.nowMs);
          if (act === 'come' && peer === undefined) bench.add(key, { isInterested: false });
          if (act === 'want' && peer !== undefined) {
            bench.change(key, { isInterested: !peer.isInterested });
            if (peer.isInterested) bench.choker.released(key, bench.nowMs);
            else bench.choker.interested();
          }
          if (act === 'give') bench.gives(key, 10_000);
          if (act === 'take') bench.takes(key, 10_000);
          if (!bench.choker.isDue(bench.nowMs)) continue;
          const unchoked = bench.rechoke();
          const wanting = [...bench.peers.values()].filter(({ isInterested }) => isInterested);
          // No more than there are slots; whoever wants something, where there are enough and no one snubs us.
          expect(unchoked.length).toBeLessThanOrEqual(given.slots + 1);
          expect(wanting.map((facts) => facts.key)).toEqual(expect.arrayContaining(unchoked));
          if (given.isSeeding) expect(unchoked).toHaveLength(Math.min(wanting.length, given.slots + 1));
          else if (wanting.length > 0) expect(unchoked.length).toBeGreaterThan(0);
          // In between, no one loses a slot who still wants it.
          const isFull = bench.nowMs - fullMs >= 10_000;
          if (isFull) fullMs = bench.nowMs;
          const kept = before.filter((other) => bench.peers.get(other)?.isInterested === true);
          if (!isFull) expect(unchoked).toEqual(expect.arrayContaining(kept));
          before = unchoked;
        }
      }),
      { numRuns: 50 },
    );
  });
});
