import { BLOCK_LENGTH, PieceLayout } from '@millrace/metainfo';
import { ManualClock } from '@millrace/testkit';
import { describe, expect, it } from 'vitest';
import { PieceBuffers } from '../piece/piece-buffers.ts';
import { BlockPicker } from '../policy/block-picker.ts';
import { PiecePicker } from '../policy/piece-picker.ts';
import { bitfieldOf, upTo } from '../testing/bitfield.ts';
import { StarvedPeers, type WorkingPeer } from './starved-peers.ts';

const PIECE_COUNT = 1_000;

interface WaitingOptions {
  /** Peers that wait. */
  readonly count: number;
  /** Pieces that there is memory for. @defaultValue 1 */
  readonly capacity?: number;
  /** Blocks that each asks for when it is its turn. @defaultValue 1 */
  readonly window?: number;
  /** Peers that have nothing. */
  readonly empty?: readonly number[];
  readonly isBehind?: () => boolean;
}

/** Peers that wait, in a torrent of pieces of one block. */
function waiting({ count, capacity = 1, window = 1, empty = [], isBehind = () => false }: WaitingOptions) {
  const clock = new ManualClock();
  const layout = new PieceLayout({ pieceLength: BLOCK_LENGTH, totalLength: PIECE_COUNT * BLOCK_LENGTH });
  const picker = new PiecePicker(PIECE_COUNT, { random: () => 0 });
  const buffers = new PieceBuffers({
    bufferLength: BLOCK_LENGTH,
    memoryBytes: capacity * BLOCK_LENGTH,
    allocate: (length) => new Uint8Array(length),
  });
  const blocks = new BlockPicker(picker, layout, buffers);
  const halt = new AbortController();
  const { signal } = halt;
  const starved = new StarvedPeers({ blocks, peer: () => undefined, isBehind, clock, signal });
  /** Peers in the order of their turns, and how many blocks each was asked for. */
  const turns: (readonly [number, number])[] = [];
  const peers = upTo(count).map((key): WorkingPeer => {
    const have = bitfieldOf(PIECE_COUNT, empty.includes(key) ? [] : upTo(PIECE_COUNT));
    picker.addPeer(key, have);
    return {
      key,
      session: { remoteHave: have },
      usefulLength: 0,
      isHeldBack: false,
      pump() {
        let asked = 0;
        while (asked < window && blocks.pick(key, have, 0) !== undefined) asked += 1;
        turns.push([key, asked]);
        if (asked < window) starved.add(this);
      },
      takeBack() {},
    };
  });
  for (const peer of peers) starved.add(peer);
  /** So many of the pieces on their way are written, and their memory is free; they took so long. */
  const finish = (pieceCount: number, tookMs = 0): void => {
    for (const piece of [...blocks.openPieces].slice(0, pieceCount)) {
      blocks.take(piece);
      piece.close();
      picker.complete(piece.index);
    }
    starved.onRoom(clock.now() - tookMs);
  };
  return { starved, peers, turns, finish, clock, halt };
}

describe('StarvedPeers', () => {
  it('gives turns to as many as there is something for, and then to those who had none', () => {
    const { starved, turns, finish } = waiting({ count: 500 });
    starved.feed();
    expect(turns).toEqual([[0, 1]]);
    for (const _ of upTo(3)) finish(1, 601);
    expect(turns.map(([key]) => key)).toEqual([0, 1, 2, 3]);
  });

  it('gives memory out at once, in turns, where pieces take their time', () => {
    const { starved, turns, finish } = waiting({ count: 100, capacity: 40, window: 10 });
    starved.feed();
    turns.length = 0;
    finish(1, 601);
    finish(2, 601);
    expect(turns).toEqual([
      [4, 1],
      [5, 2],
    ]);
  });

  it('gathers memory until half of it is back, where pieces come soon', () => {
    const { starved, turns, finish } = waiting({ count: 100, capacity: 40, window: 10 });
    starved.feed();
    turns.length = 0;
    finish(19, 600);
    expect(turns).toEqual([]);
    finish(1, 600);
    expect(turns).toEqual([
      [4, 10],
      [99, 10],
    ]);
  });

  it('gathers memory for 20 ms at the most', () => {
    const { starved, turns, finish, clock } = waiting({ count: 100, capacity: 40, window: 10 });
    starved.feed();
    turns.length = 0;
    finish(5);
    clock.advance(12);
    finish(5);
    clock.advance(7);
    expect(turns).toEqual([]);
    clock.advance(1);
    expect(turns).toEqual([[4, 10]]);
    finish(3);
    clock.advance(19);
    expect(turns.length).toBe(1);
    clock.advance(1);
    expect(turns.slice(1)).toEqual([[5, 3]]);
  });

  it('gives what was gathered to the one that has waited longest, and the rest to those that ran dry last', () => {
    const { starved, peers, turns, finish } = waiting({ count: 100, capacity: 60, window: 10 });
    starved.feed();
    turns.length = 0;
    for (const key of [7, 50]) {
      const [peer] = peers.slice(key);
      if (peer === undefined) continue;
      starved.left(peer);
      starved.add(peer);
    }
    finish(40);
    expect(turns).toEqual([
      [6, 10],
      [50, 10],
      [7, 10],
      [99, 10],
    ]);
  });

  it('has those for whom there is nothing wait behind the others, but for one of them at a time', () => {
    const empty = [0, 2, 3, 98, 99];
    const { starved, turns, finish } = waiting({ count: 100, capacity: 4, window: 2, empty });
    const nextTurns = (): number[] => turns.splice(0).map(([key]) => key);
    starved.feed();
    expect(nextTurns()).toEqual([0, 1, 2, 3, 4]);
    finish(4);
    expect(nextTurns()).toEqual([5, 0, 99, 98, 97]);
    finish(4);
    expect(nextTurns()).toEqual([6, 2, 96]);
    finish(4, 601);
    expect(nextTurns()).toEqual([7, 8]);
  });

  it('tries them all again once everyone else had a turn', () => {
    const { starved, turns } = waiting({ count: 5, capacity: 100, empty: [0, 4] });
    starved.feed();
    expect(turns.splice(0).map(([key]) => key)).toEqual([0, 1, 2, 3, 4]);
    starved.feed();
    expect(turns.map(([key]) => key)).toEqual([0, 4]);
  });

  it('tries no more than eight in a row in vain where memory came free, and all of them otherwise', () => {
    const { starved, turns, finish } = waiting({ count: 30, capacity: 4, empty: upTo(30).slice(4) });
    starved.feed();
    expect(turns.splice(0).length).toBe(4);
    finish(4, 601);
    expect(turns.splice(0).length).toBe(8);
    starved.feed();
    expect(turns.length).toBe(26);
  });

  it('gives no one a turn while too much waits to be written', () => {
    let isBehind = true;
    const { starved, turns } = waiting({ count: 3, isBehind: () => isBehind });
    starved.feed();
    expect(turns).toEqual([]);
    isBehind = false;
    starved.feed();
    expect(turns).toEqual([[0, 1]]);
  });

  it('gives no one a turn once it is over, and waits for nothing', () => {
    const { starved, turns, finish, clock, halt } = waiting({ count: 100, capacity: 40, window: 10 });
    starved.feed();
    turns.length = 0;
    finish(5);
    halt.abort();
    starved.close();
    expect(clock.pendingCount).toBe(0);
    finish(20);
    clock.advance(1_000);
    expect(turns).toEqual([]);
    expect(clock.pendingCount).toBe(0);
  });
});
