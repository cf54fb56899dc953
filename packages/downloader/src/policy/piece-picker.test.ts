import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bitfield } from '@millrace/peer-wire';
import { bitfieldOf, upTo } from '../testing/bitfield.ts';
import { seededRandom } from '@millrace/testkit';
import { PiecePicker } from './piece-picker.ts';

const random = seededRandom(1);

describe('PiecePicker', () => {
  it('picks the piece that fewest peers have', () => {
    const picker = new PiecePicker(3, { random });
    picker.addPeer(1, bitfieldOf(3, [0, 1, 2]));
    picker.addPeer(2, bitfieldOf(3, [0, 2]));
    picker.addPeer(3, bitfieldOf(3, [0]));
    expect([picker.pick(1), picker.pick(1), picker.pick(1), picker.pick(1)]).toEqual([1, 2, 0, undefined]);
  });

  it('offers a peer only what it has', () => {
    const picker = new PiecePicker(4, { random });
    picker.addPeer(1, bitfieldOf(4, [2]));
    expect([picker.pick(1), picker.pick(1)]).toEqual([2, undefined]);
  });

  it('offers a piece again after it was released, also to a peer for which there was nothing left', () => {
    const picker = new PiecePicker(2, { random });
    picker.addPeer(1, bitfieldOf(2, [0]));
    expect([picker.pick(1), picker.pick(1)]).toEqual([0, undefined]);
    picker.release(0);
    expect(picker.pick(1)).toBe(0);
  });

  it('offers no piece that a peer lost, and counts it as rarer', () => {
    const picker = new PiecePicker(3, { random });
    const all = bitfieldOf(3, [0, 1, 2]);
    picker.addPeer(1, all);
    picker.addPeer(2, bitfieldOf(3, [0, 1]));
    picker.addPeer(3, bitfieldOf(3, [1]));
    for (const piece of [0, 2]) {
      all.delete(piece);
      picker.peerLost(1, piece);
    }
    // The first one lost makes a seeder one that is counted; the second is one less of what is counted.
    expect([picker.pick(1), picker.pick(1)]).toEqual([1, undefined]);
    expect([picker.pick(2), picker.pick(2)]).toEqual([0, undefined]);
    picker.removePeer(1);
    picker.addPeer(4, bitfieldOf(3, [0, 1, 2]));
    expect([picker.pick(4), picker.pick(4)]).toEqual([2, undefined]);
  });

  it('reserves a missing piece that is named, and no other', () => {
    const picker = new PiecePicker(3, { random, wanted: [0, 1] });
    expect([picker.reserve(0), picker.reserve(0), picker.reserve(2)]).toEqual([true, false, false]);
    expect([picker.missingCount, picker.leftCount]).toEqual([1, 2]);
  });

  it('offers what a peer got since there was nothing left for it', () => {
    const picker = new PiecePicker(2, { random });
    const have = bitfieldOf(2, []);
    picker.addPeer(1, have);
    expect(picker.pick(1)).toBeUndefined();
    have.add(1);
    picker.peerHas(1, 1);
    expect(picker.pick(1)).toBe(1);
  });

  it('fetches only wanted pieces', () => {
    const picker = new PiecePicker(5, { random, wanted: [3] });
    picker.addPeer(1, bitfieldOf(5, upTo(5)));
    expect(picker.leftCount).toBe(1);
    expect([picker.isLeft(3), picker.isLeft(2)]).toEqual([true, false]);
    expect([picker.pick(1), picker.pick(1)]).toEqual([3, undefined]);
  });

  it('breaks ties at random: each piece comes first about as often', () => {
    const firsts = [0, 0, 0, 0];
    for (let run = 0; run < 4_000; run += 1) {
      const picker = new PiecePicker(4, { random });
      picker.addPeer(1, bitfieldOf(4, upTo(4)));
      picker.addPeer(2, bitfieldOf(4, [0, 1, 2]));
      picker.complete(3);
      const first = picker.pick(1) ?? -1;
      firsts[first] = (firsts[first] ?? 0) + 1;
    }
    for (const count of firsts.slice(0, 3)) expect(count).toBeGreaterThan(1_100);
  });

  it('always picks as a naive picker could: a rarest one among those the peer has, whatever happened before', () => {
    const pieceCount = 40;
    const step = fc.record({
      what: fc.nat(5),
      peer: fc.nat(3),
      piece: fc.nat(pieceCount - 1),
      mask: fc.nat(2 ** 12 - 1),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.nat(), (steps, seed) => {
        const picker = new PiecePicker(pieceCount, { random: seededRandom(seed) });
        const peers = new Map<number, Bitfield>();
        const states = upTo(pieceCount).map(() => 'missing');
        const availability = (piece: number): number =>
          [...peers.values()].filter((have) => have.has(piece)).length;
        for (const { what, peer, piece, mask } of steps) {
          const have = peers.get(peer);
          if (what === 0 && have === undefined) {
            // One piece, which is counted by itself, or many, which are counted together.
            const some = upTo(pieceCount).filter((at) => (mask & (1 << (at % 12))) !== 0);
            const added = bitfieldOf(pieceCount, mask % 4 === 0 ? [mask % pieceCount] : some);
            peers.set(peer, added);
            const leftCount = upTo(pieceCount).filter((at) => states[at] !== 'have' && added.has(at)).length;
            expect(picker.addPeer(peer, added)).toBe(leftCount);
          } else if (what === 1 && have?.add(piece)) {
            picker.peerHas(peer, piece);
          } else if (what === 2) {
            peers.delete(peer);
            picker.removePeer(peer);
          } else if (what === 3) {
            const picked = picker.pick(peer);
            const candidates = upTo(pieceCount).filter(
              (at) => states[at] === 'missing' && (have?.has(at) ?? false),
            );
            const least = Math.min(...candidates.map(availability));
            const rarest = candidates.filter((at) => availability(at) === least);
            expect(candidates.length === 0 ? [undefined] : rarest).toContain(picked);
            if (picked !== undefined) states[picked] = 'reserved';
          } else if (what === 4 && states[piece] === 'reserved') {
            picker.release(piece);
            states[piece] = 'missing';
          } else if (what === 5) {
            picker.complete(piece);
            states[piece] = 'have';
          }
          expect(picker.missingCount).toBe(states.filter((state) => state === 'missing').length);
          expect(picker.leftCount).toBe(states.filter((state) => state !== 'have').length);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('picks for a seeder without looking at more pieces, however many there are', () => {
    const pieceCount = 200_000;
    const have = bitfieldOf(pieceCount, upTo(pieceCount));
    let looks = 0;
    const counted = Object.assign(Object.create(have) as Bitfield, {
      has: (piece: number) => {
        looks += 1;
        return have.has(piece);
      },
    });
    const picker = new PiecePicker(pieceCount, { random });
    Object.defineProperty(counted, 'isFull', { value: true });
    picker.addPeer(1, counted);
    for (let picks = 0; picks < 1_000; picks += 1) picker.pick(1);
    expect(looks).toBe(1_000);
  });

  it('picks for others without looking at the pieces that only seeders have', () => {
    const pieceCount = 200_000;
    const have = bitfieldOf(
      pieceCount,
      upTo(pieceCount).filter((piece) => piece % 1_000 === 0),
    );
    let looks = 0;
    const counted = Object.assign(Object.create(have) as Bitfield, {
      has: (piece: number) => {
        looks += 1;
        return have.has(piece);
      },
      encode: () => have.encode(),
    });
    Object.defineProperties(counted, { isFull: { value: false }, count: { value: have.count } });
    const picker = new PiecePicker(pieceCount, { random });
    picker.addPeer(1, counted);
    for (let picks = 0; picks < 200; picks += 1) picker.pick(1);
    expect(looks).toBe(200);
  });
});
