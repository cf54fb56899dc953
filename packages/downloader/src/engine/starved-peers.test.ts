import { BLOCK_LENGTH, PieceLayout } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { PieceBuffers } from '../piece/piece-buffers.ts';
import { BlockPicker } from '../policy/block-picker.ts';
import { PiecePicker } from '../policy/piece-picker.ts';
import { bitfieldOf, upTo } from '../testing/bitfield.ts';
import { StarvedPeers, type WorkingPeer } from './starved-peers.ts';

const PIECE_COUNT = 10;

/** Peers that wait, in a torrent of pieces of one block, with memory for one; each asks for one when it is its turn. */
function waiting(count: number) {
  const layout = new PieceLayout({ pieceLength: BLOCK_LENGTH, totalLength: PIECE_COUNT * BLOCK_LENGTH });
  const picker = new PiecePicker(PIECE_COUNT, { random: () => 0 });
  const allocate = (length: number): Uint8Array => new Uint8Array(length);
  const buffers = new PieceBuffers({ bufferLength: BLOCK_LENGTH, memoryBytes: BLOCK_LENGTH, allocate });
  const blocks = new BlockPicker(picker, layout, buffers);
  const full = bitfieldOf(PIECE_COUNT, upTo(PIECE_COUNT));
  const starved = new StarvedPeers({
    blocks,
    peer: () => undefined,
    now: () => 0,
    signal: new AbortController().signal,
  });
  const turns: number[] = [];
  const makePeer = (key: number): WorkingPeer => ({
    key,
    session: { remoteHave: full },
    usefulLength: 0,
    isHeldBack: false,
    pump() {
      turns.push(key);
      if (blocks.pick(key, full, 0) === undefined) starved.add(this);
    },
    takeBack() {},
  });
  for (const key of upTo(count)) {
    picker.addPeer(key, full);
    starved.add(makePeer(key));
  }
  /** The piece on its way is written: its memory is free. */
  const finish = (): void => {
    for (const piece of blocks.openPieces) {
      blocks.take(piece);
      piece.close();
      picker.complete(piece.index);
    }
  };
  return { starved, turns, finish };
}

describe('StarvedPeers', () => {
  it('gives turns to as many as there is something for, and then to those who had none', () => {
    const { starved, turns, finish } = waiting(500);
    starved.feed();
    expect(turns).toEqual([0]);
    for (const _ of upTo(3)) {
      finish();
      starved.feed();
    }
    expect(turns).toEqual([0, 1, 2, 3]);
  });
});
