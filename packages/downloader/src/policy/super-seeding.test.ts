import type { Bitfield } from '@millrace/peer-wire';
import { initialSeed, seededRandom } from '@millrace/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitfieldOf, upTo } from '../testing/bitfield.ts';
import { Choker } from './choker.ts';
import { SuperSeeding, type Reveal } from './super-seeding.ts';

/** Super-seeding with the bitfields of its peers. */
class Seeded {
  readonly policy: SuperSeeding;
  readonly haves = new Map<number, Bitfield>();
  readonly #pieceCount: number;
  nowMs = 0;

  constructor(pieceCount: number, maxPending = 1) {
    this.#pieceCount = pieceCount;
    this.policy = new SuperSeeding(pieceCount, { random: seededRandom(3), maxPending });
  }

  add(peer: number, pieces: readonly number[] = []): void {
    const have = bitfieldOf(this.#pieceCount, pieces);
    this.haves.set(peer, have);
    this.policy.addPeer(peer, have, this.nowMs);
  }

  gets(peer: number, index: number): void {
    if (this.haves.get(peer)?.add(index) === true) this.policy.peerHas(peer, index, this.nowMs);
  }

  leaves(peer: number): void {
    this.haves.delete(peer);
    this.policy.removePeer(peer);
  }

  reveals(afterMs = 0): readonly Reveal[] {
    this.nowMs += afterMs;
    return this.policy.takeReveals(this.nowMs);
  }

  /** The only one. */
  reveal(afterMs = 0): Reveal {
    const [reveal, ...others] = this.reveals(afterMs);
    if (reveal === undefined || others.length > 0) throw new Error(`${others.length} reveals more than one`);
    return reveal;
  }
}

describe('SuperSeeding', () => {
  it('tells each peer of another piece, and of no second one', () => {
    const seeded = new Seeded(10);
    for (const peer of upTo(4)) seeded.add(peer);
    const reveals = seeded.reveals();
    expect(reveals.map(({ peer }) => peer)).toEqual(upTo(4));
    expect(new Set(reveals.map(({ index }) => index)).size).toBe(4);
    expect(seeded.reveals(10_000)).toEqual([]);
    for (const { peer, index } of reveals) expect(seeded.policy.isTold(peer, index)).toBe(true);
    expect(seeded.policy.isTold(0, reveals[1]?.index ?? 0)).toBe(false);
  });

  it('tells of the next one only when the first is seen at another peer', () => {
    const seeded = new Seeded(10);
    seeded.add(1);
    seeded.add(2);
    const [one] = seeded.reveals();
    seeded.gets(1, one?.index ?? 0);
    expect(seeded.reveals(1_000)).toEqual([]);
    seeded.gets(2, one?.index ?? 0);
    expect(seeded.reveal().peer).toBe(1);
  });

  it('goes on when the only peer has the piece', () => {
    const seeded = new Seeded(3);
    seeded.add(1);
    const told: number[] = [];
    for (const _ of upTo(3)) {
      const { index } = seeded.reveal();
      told.push(index);
      seeded.gets(1, index);
    }
    expect(told.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    expect([seeded.reveals(), seeded.policy.isOver]).toEqual([[], true]);
  });

  it('goes on when all who lack the piece have left', () => {
    const seeded = new Seeded(5);
    seeded.add(1);
    seeded.add(2);
    const [one] = seeded.reveals();
    seeded.gets(1, one?.index ?? 0);
    expect(seeded.reveals()).toEqual([]);
    seeded.leaves(2);
    expect(seeded.reveal().peer).toBe(1);
  });

  it('tells of nothing that other peers have, whether they came with it or got it elsewhere', () => {
    const seeded = new Seeded(4);
    seeded.add(1, [0, 1]);
    seeded.add(2);
    const told = seeded.reveals().map(({ index }) => index);
    expect(told.toSorted((a, b) => a - b)).toEqual([2, 3]);
    expect(seeded.policy.isOver).toBe(false);
    seeded.add(3, [0, 1, 2, 3]);
    expect(seeded.policy.isOver).toBe(true);
    seeded.leaves(3);
    expect(seeded.policy.isOver).toBe(false);
  });

  it('tells another of what a peer took away with it', () => {
    const seeded = new Seeded(1);
    seeded.add(1);
    const { index } = seeded.reveal();
    seeded.gets(1, index);
    seeded.add(2);
    expect(seeded.reveals()).toEqual([]);
    seeded.leaves(1);
    expect(seeded.reveal()).toEqual({ peer: 2, index });
  });

  it('does not wait for ever for one that passes nothing on, or does not even fetch', () => {
    const seeded = new Seeded(6);
    seeded.add(1);
    seeded.add(2);
    const [one] = seeded.reveals();
    seeded.gets(1, one?.index ?? 0);
    expect(seeded.reveals(59_000)).toEqual([]);
    expect(seeded.reveal(2_000).peer).toBe(1);
    expect(seeded.reveals(180_000).map(({ peer }) => peer)).toEqual([]);
    const late = seeded.reveals(70_000);
    expect(late.map(({ peer }) => peer)).toContain(2);
  });

  it('keeps its promises whatever peers do', () => {
    const step = fc.record({ peer: fc.nat(5), index: fc.nat(11), act: fc.nat(3), afterMs: fc.nat(40_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 3 }), (steps, maxPending) => {
        const seeded = new Seeded(12, maxPending);
        const told = new Map<number, Set<number>>();
        for (const { peer, index, act, afterMs } of steps) {
          if (act === 0 && seeded.haves.has(peer)) {
            seeded.leaves(peer);
            told.delete(peer);
          } else if (!seeded.haves.has(peer)) {
            seeded.add(peer, [index]);
            told.set(peer, new Set());
          } else seeded.gets(peer, index);
          for (const reveal of seeded.reveals(afterMs)) {
            // Only those that are there, only what no one has, and each piece once.
            const isHad = [...seeded.haves.values()].some((have) => have.has(reveal.index));
            expect({ isHad, wasTold: told.get(reveal.peer)?.has(reveal.index) }).toEqual({
              isHad: false,
              wasTold: false,
            });
            told.get(reveal.peer)?.add(reveal.index);
          }
          const isOver = upTo(12).every((at) => [...seeded.haves.values()].some((have) => have.has(at)));
          expect(seeded.policy.isOver).toBe(isOver);
        }
      }),
    );
  });

  it.each([1, 2, 5, 20, 40])(
    'sends everything about once before %d peers have it between them',
    (peerCount) => {
      const makeChoker = (random: () => number): Choker => new Choker(random);
      const superSeed = initialSeed({
        peerCount,
        makeChoker,
        reveals: (pieceCount, random) => new SuperSeeding(pieceCount, { random }),
        seed: peerCount,
      });
      const plain = initialSeed({ peerCount, makeChoker, seed: peerCount });
      expect(superSeed.sentWhenOut).toBeLessThan(1.02);
      if (peerCount >= 20) expect(plain.sentWhenOut).toBeGreaterThan(1.3);
      expect(superSeed.doneMs / plain.doneMs).toBeLessThan(1.05);
    },
  );
});
