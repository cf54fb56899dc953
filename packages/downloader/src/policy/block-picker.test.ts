import * as fc from 'fast-check';
import { BLOCK_LENGTH, PieceLayout } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import type { Bitfield } from '@millrace/peer-wire';
import { PieceBuffers } from '../piece/piece-buffers.ts';
import { bitfieldOf, upTo } from '../testing/bitfield.ts';
import { seededRandom } from '@millrace/testkit';
import { BlockPicker } from './block-picker.ts';
import { PiecePicker } from './piece-picker.ts';

interface Bench {
  readonly picker: PiecePicker;
  readonly buffers: PieceBuffers;
  readonly blocks: BlockPicker;
  /** What a peer is asked next, a second after the last one: `piece:block`. */
  readonly ask: (peer: number) => string | undefined;
}

/** A torrent of pieces of `blocksPerPiece` blocks; peers 1 to `seeders` have all of it. */
function bench(pieceCount: number, blocksPerPiece: number, seeders: number, capacity = 100): Bench {
  const pieceLength = blocksPerPiece * BLOCK_LENGTH;
  const layout = new PieceLayout({ pieceLength, totalLength: pieceCount * pieceLength });
  const picker = new PiecePicker(pieceCount, { random: seededRandom(3) });
  const allocate = (length: number): Uint8Array => new Uint8Array(length);
  const buffers = new PieceBuffers({
    bufferLength: pieceLength,
    memoryBytes: capacity * pieceLength,
    allocate,
  });
  const blocks = new BlockPicker(picker, layout, buffers);
  const full = bitfieldOf(pieceCount, upTo(pieceCount));
  for (let peer = 1; peer <= seeders; peer += 1) picker.addPeer(peer, full);
  let nowMs = 0;
  const ask = (peer: number): string | undefined => {
    nowMs += 1_000;
    const choice = pickAny(blocks, peer, full, nowMs);
    return choice && `${choice.piece.index}:${choice.block}`;
  };
  return { picker, buffers, blocks, ask };
}

/** What a peer that took `latencyMs` for its last block is asked, owed by another or not. */
function pickAny(blocks: BlockPicker, peer: number, have: Bitfield, nowMs: number, latencyMs = 0) {
  return blocks.pick(peer, have, nowMs) ?? blocks.pickOwed(peer, have, { nowMs, latencyMs, isIdle: false });
}

function receive({ blocks }: Bench, name: string, peer: number): void {
  const [index = 0, block = 0] = name.split(':').map(Number);
  const piece = blocks.openPiece(index);
  piece?.open(block, peer);
  piece?.received(block, peer);
}

describe('BlockPicker', () => {
  it('asks one peer for a whole piece, block by block, before it begins another', () => {
    const { ask } = bench(3, 4, 1);
    const asked = upTo(8).map(() => ask(1) ?? '');
    expect(asked.slice(0, 4).map((name) => name.split(':')[1])).toEqual(['0', '1', '2', '3']);
    expect(new Set(asked.slice(0, 4).map((name) => name.split(':')[0])).size).toBe(1);
    expect(asked[4]?.split(':')[0]).not.toBe(asked[0]?.split(':')[0]);
  });

  it('gives each peer a piece of its own while there are enough', () => {
    const { ask } = bench(4, 4, 3);
    const pieces = [1, 2, 3].map((peer) => ask(peer)?.split(':')[0]);
    expect(new Set(pieces).size).toBe(3);
  });

  it('lets another peer go on with the piece of one that left, before it begins a new one', () => {
    const { ask, blocks } = bench(5, 4, 2);
    const first = ask(1) ?? '';
    const [index = 0] = first.split(':').map(Number);
    blocks.release(index, 0, 1);
    blocks.removePeer(1);
    expect(ask(2)).toBe(first);
  });

  it('begins no piece beyond the memory, but helps with those that are begun', () => {
    const { ask, buffers, picker } = bench(10, 2, 2, 1);
    const first = ask(1) ?? '';
    expect(ask(2)).toBe(`${first.split(':')[0]}:1`);
    expect([ask(1), ask(2)]).toEqual([undefined, undefined]);
    expect([buffers.promisedCount, picker.missingCount]).toEqual([1, 9]);
  });

  it('asks a second peer for what another owes only when nothing else is left, and never a third', () => {
    const { ask } = bench(2, 1, 4);
    const [a, b] = [ask(1), ask(2)];
    expect(a).not.toBe(b);
    const seconds = [ask(3), ask(4)];
    expect(new Set(seconds)).toEqual(new Set([a, b]));
    expect([ask(1), ask(2), ask(3), ask(4)]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('asks a peer for what another owes from the end, by one, by two, by four', () => {
    const setting = bench(1, 6, 2);
    const { ask } = setting;
    expect(upTo(6).map(() => ask(1))).toEqual(['0:0', '0:1', '0:2', '0:3', '0:4', '0:5']);
    expect([ask(2), ask(2)]).toEqual(['0:5', undefined]);
    receive(setting, '0:5', 2);
    expect([ask(2), ask(2), ask(2)]).toEqual(['0:4', '0:3', undefined]);
    receive(setting, '0:4', 2);
    expect(ask(2)).toBeUndefined();
    receive(setting, '0:3', 2);
    expect([ask(2), ask(2), ask(2), ask(2)]).toEqual(['0:2', '0:1', '0:0', undefined]);
  });

  it('asks a peer for one at a time of what another owes, while that other is quicker', () => {
    const setting = bench(1, 6, 2);
    const { ask, blocks } = setting;
    for (const block of upTo(6)) expect(ask(1)).toBe(`0:${block}`);
    for (const block of [5, 4, 3]) {
      expect([ask(2), ask(2)]).toEqual([`0:${block}`, undefined]);
      receive(setting, `0:${block}`, 1);
      blocks.release(0, block, 2);
    }
  });

  it.each([
    ['a fifth of a second', 10, 200],
    ['four times what that other takes', 75, 300],
    ['two seconds', 3_000, 2_000],
    ['two seconds, where that other has sent none yet', Infinity, 2_000],
  ])(
    'asks a second peer only for what has been owed for %s: most comes sooner',
    (_, latencyMs, patienceMs) => {
      const { blocks, picker } = bench(2, 2, 2);
      const full = bitfieldOf(2, upTo(2));
      const second = (nowMs: number) => pickAny(blocks, 2, full, nowMs, latencyMs);
      const first = blocks.pick(1, full, 0);
      for (const atMs of [0, 50, 50]) blocks.pick(1, full, atMs);
      expect(picker.missingCount).toBe(0);
      expect(second(patienceMs - 1)).toBeUndefined();
      expect(second(patienceMs)).toMatchObject({ piece: { index: first?.piece.index }, block: 1 });
      // The other piece was asked for later; that one is asked for it does not make a piece younger.
      blocks.release(first?.piece.index ?? 0, 1, 2);
      first?.piece.received(0, 1);
      first?.piece.received(1, 1);
      expect(second(patienceMs + 49)).toBeUndefined();
      expect(second(patienceMs + 50)).toMatchObject({ block: 1 });
      expect(pickAny(blocks, 1, full, patienceMs + 50, latencyMs)).toBeUndefined();
    },
  );

  it('does not look in vain for a second time until something changes', () => {
    const { blocks, picker } = bench(2, 2, 1);
    let looks = 0;
    const have = bitfieldOf(2, [0]);
    const counted = Object.defineProperties(Object.create(have) as Bitfield, {
      count: { get: () => have.count },
      has: {
        value: (piece: number) => {
          looks += 1;
          return have.has(piece);
        },
      },
    });
    picker.addPeer(2, have);
    const full = bitfieldOf(2, upTo(2));
    const asked = upTo(4).map(() => pickAny(blocks, 1, full, 0));
    for (const choice of asked) if (choice?.piece.index === 0) choice.piece.received(choice.block, 1);
    expect(pickAny(blocks, 2, counted, 1_000)).toBeUndefined();
    looks = 0;
    expect(pickAny(blocks, 2, counted, 1_000)).toBeUndefined();
    expect(looks).toBe(0);
    have.add(1);
    picker.peerHas(2, 1);
    expect(pickAny(blocks, 2, counted, 1_000)).toMatchObject({ piece: { index: 1 }, block: 1 });
  });

  it('looks again when a peer lost a piece just as something else changed', () => {
    const { blocks, picker, ask } = bench(3, 1, 1);
    const have = bitfieldOf(3, upTo(3));
    picker.addPeer(2, have);
    for (const _ of upTo(3)) ask(1);
    // Every block is owed by two.
    const seconds = [3, 4, 5].map((peer) => Number(ask(peer)?.split(':')[0]));
    expect(new Set(seconds).size).toBe(3);
    expect(pickAny(blocks, 2, have, 10_000)).toBeUndefined();
    const [lost = 0, , released = 0] = seconds;
    have.delete(lost);
    picker.peerLost(2, lost);
    blocks.release(released, 0, 5);
    expect(pickAny(blocks, 2, have, 10_000)).toMatchObject({ piece: { index: released } });
  });

  it('asks for blocks of these pieces only, begun or not, while memory lasts', () => {
    const { blocks, buffers, ask } = bench(6, 2, 2, 3);
    const began = Number(ask(1)?.split(':')[0]);
    const others = upTo(6).filter((index) => index !== began);
    const allowed = [began, ...others.slice(0, 3)];
    const asked = upTo(7).map(() => {
      const choice = blocks.pickAmong(2, allowed, 0);
      return choice && `${choice.piece.index}:${choice.block}`;
    });
    const [second, third] = others;
    expect(asked).toEqual([
      `${began}:1`,
      `${second}:0`,
      `${second}:1`,
      `${third}:0`,
      `${third}:1`,
      undefined,
      undefined,
    ]);
    expect(buffers.promisedCount).toBe(3);
  });

  it('tells when no one need ask: all is asked for, and the memory is spent', () => {
    const setting = bench(10, 1, 1, 1);
    const { ask, blocks } = setting;
    expect(blocks.mayOffer).toBe(true);
    const name = ask(1) ?? '';
    expect(blocks.mayOffer).toBe(false);
    blocks.release(Number(name.split(':')[0]), 0, 1);
    expect(blocks.mayOffer).toBe(true);
  });

  it('begins no more pieces once the memory is spent, until half of it is back or it is to be given out', () => {
    const { ask, blocks, buffers } = bench(20, 1, 1, 5);
    const finishOne = (): void => {
      const [piece] = blocks.openPieces;
      if (piece === undefined) return;
      blocks.take(piece);
      piece.close();
    };
    /** How many are begun when as many are asked for as there are. */
    const beginAll = (): number => upTo(20).filter(() => ask(1) !== undefined).length;
    expect(beginAll()).toBe(5);
    for (const _ of upTo(2)) finishOne();
    expect([blocks.isSpent, beginAll()]).toEqual([true, 0]);
    finishOne();
    expect([blocks.isSpent, beginAll(), buffers.promisedCount]).toEqual([false, 3, 5]);
    finishOne();
    expect(blocks.isSpent).toBe(true);
    blocks.giveOut();
    expect([blocks.isSpent, beginAll(), buffers.promisedCount]).toEqual([false, 1, 5]);
  });

  it('has the memory of a piece that is given up for the next at once', () => {
    const { ask, blocks } = bench(20, 1, 1, 5);
    const names = upTo(6).map(() => ask(1));
    expect(names[5]).toBeUndefined();
    const [piece] = blocks.openPieces;
    if (piece !== undefined) blocks.giveUp(piece);
    expect(ask(1)).toBeDefined();
  });

  it('asks one peer alone for a piece that failed while it was shared', () => {
    const setting = bench(1, 2, 3);
    const { ask, blocks } = setting;
    receive(setting, ask(1) ?? '', 1);
    receive(setting, ask(2) ?? '', 2);
    const piece = blocks.openPiece(0);
    expect([...(piece?.contributors() ?? [])]).toEqual([1, 2]);
    if (piece !== undefined) blocks.take(piece);
    piece?.close();
    blocks.failed(0, true);
    expect([ask(3), ask(1), ask(2), ask(3), ask(1)]).toEqual(['0:0', undefined, undefined, '0:1', undefined]);
  });

  it('starts such a piece anew when its only peer leaves', () => {
    const setting = bench(1, 2, 2);
    const { ask, blocks, buffers } = setting;
    blocks.failed(0, true);
    receive(setting, ask(1) ?? '', 1);
    ask(1);
    blocks.release(0, 1, 1);
    blocks.removePeer(1);
    expect([ask(2), ask(2), buffers.promisedCount]).toEqual(['0:0', '0:1', 1]);
  });

  it('lets a suspect piece hold up others for 20 s, and for twice as long each time it is given up', () => {
    const { blocks, ask } = bench(1, 2, 2);
    const full = bitfieldOf(1, [0]);
    blocks.failed(0, true);
    for (const patienceMs of [20_000, 40_000, 80_000]) {
      expect([ask(1), ask(2)]).toEqual(['0:0', undefined]);
      expect(blocks.blocker(1, full, 1e9)).toBeUndefined();
      expect(blocks.blocker(2, full, patienceMs - 1)).toBeUndefined();
      const piece = blocks.blocker(2, full, patienceMs);
      expect(piece?.index).toBe(0);
      blocks.release(0, 0, 1);
      blocks.pausePeer(1);
      if (piece !== undefined) blocks.giveUp(piece);
    }
  });

  it('keeps such a piece for its peer while that chokes', () => {
    const setting = bench(1, 2, 2);
    const { ask, blocks } = setting;
    blocks.failed(0, true);
    receive(setting, ask(1) ?? '', 1);
    blocks.pausePeer(1);
    expect([ask(2), ask(1)]).toEqual([undefined, '0:1']);
  });

  it('gives up the piece with least to lose, and only where that makes room for one that the peer has', () => {
    const setting = bench(3, 2, 1, 2);
    const { picker, blocks, ask } = setting;
    const [begun = '', , untouched = ''] = [ask(1), ask(1), ask(1)];
    receive(setting, begun, 1);
    const [kept = 0, least = 0] = [begun, untouched].map((name) => Number(name.split(':')[0]));
    const other = bitfieldOf(3, [3 - kept - least]);
    const same = bitfieldOf(3, [kept, least]);
    picker.addPeer(2, other);
    picker.addPeer(3, same);
    expect(blocks.blocker(2, other, 20_000)).toBeUndefined(); // someone is at work on both
    blocks.release(kept, 1, 1);
    blocks.release(least, 0, 1);
    blocks.pausePeer(1);
    expect(blocks.blocker(3, same, 20_000)).toBeUndefined();
    expect(blocks.blocker(2, other, 19_999)).toBeUndefined();
    expect(blocks.blocker(2, other, 20_000)?.index).toBe(least);
  });

  it('fetches every block exactly once and gives all memory back, however peers come, choke, answer and leave', () => {
    const step = fc.record({ what: fc.nat(5), peer: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 4 }), (steps, capacity) => {
        const setting = bench(6, 3, 4, capacity);
        const { ask, blocks, buffers, picker } = setting;
        const owed = new Map<number, string[]>([1, 2, 3, 4].map((peer) => [peer, []]));
        const answer = (peer: number): void => {
          const name = owed.get(peer)?.shift();
          if (name === undefined) return;
          const [index = 0, block = 0] = name.split(':').map(Number);
          const piece = blocks.openPiece(index);
          if (piece === undefined || piece.isReceived(block)) {
            blocks.release(index, block, peer);
            return;
          }
          receive(setting, name, peer);
          for (const other of piece.asked(block)) {
            owed.set(
              other,
              (owed.get(other) ?? []).filter((owedName) => owedName !== name),
            );
            piece.released(block, other);
          }
          if (!piece.isComplete) return;
          blocks.take(piece);
          piece.close();
          picker.complete(index);
        };
        const letGo = (peer: number): void => {
          for (const name of owed.get(peer)?.splice(0) ?? []) {
            const [index = 0, block = 0] = name.split(':').map(Number);
            blocks.release(index, block, peer);
          }
          blocks.removePeer(peer);
        };
        for (const { what, peer } of steps) {
          if (what === 0) letGo(peer);
          else if (what < 3) answer(peer);
          else {
            const name = ask(peer);
            if (name === undefined) continue;
            expect(owed.get(peer)).not.toContain(name);
            owed.get(peer)?.push(name);
          }
          expect(buffers.promisedCount).toBe([...blocks.openPieces].length);
          expect(buffers.promisedCount).toBeLessThanOrEqual(capacity);
        }
        // Whatever happened, one peer that stays can finish.
        for (const peer of [2, 3, 4]) letGo(peer);
        while (picker.leftCount > 0) {
          const name = ask(1);
          if (name !== undefined) owed.get(1)?.push(name);
          expect(name !== undefined || (owed.get(1)?.length ?? 0) > 0).toBe(true);
          answer(1);
        }
        expect(buffers.promisedCount).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
