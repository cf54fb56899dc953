import { BLOCK_LENGTH, PieceLayout, sha1 } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { PieceBuffers } from '../piece/piece-buffers.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import { BlockPicker } from '../policy/block-picker.ts';
import { PiecePicker } from '../policy/piece-picker.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { verifyingStore } from '../storage/verifying-store.ts';
import { bitfieldOf, upTo } from '../testing/bitfield.ts';
import { PieceKeeper } from './piece-keeper.ts';

const PIECE_COUNT = 4;
const PEER = 1;
/** When the peer was asked. */
const BEGUN_MS = 5;

/** A torrent of pieces of one block of zeros, all of which a peer was asked for. */
function keeping() {
  const layout = new PieceLayout({ pieceLength: BLOCK_LENGTH, totalLength: PIECE_COUNT * BLOCK_LENGTH });
  const hash = sha1(new Uint8Array(BLOCK_LENGTH));
  const hashes = Uint8Array.from(
    { length: PIECE_COUNT * hash.length },
    (_, at) => hash[at % hash.length] ?? 0,
  );
  const store = verifyingStore(new MemoryStorage(), layout, hashes);
  const picker = new PiecePicker(PIECE_COUNT, { random: () => 0 });
  const buffers = new PieceBuffers({
    bufferLength: BLOCK_LENGTH,
    memoryBytes: PIECE_COUNT * BLOCK_LENGTH,
    allocate: (length) => store.allocate(length),
  });
  const blocks = new BlockPicker(picker, layout, buffers);
  const rooms: (readonly [promisedCount: number, begunMs: number])[] = [];
  const keeper = new PieceKeeper({
    store,
    layout,
    picker,
    blocks,
    random: () => 0,
    onVerified: () => {},
    onRejected: () => {},
    onExposed: () => {},
    onError: (error) => {
      throw error;
    },
    onRoom: (begunMs) => rooms.push([buffers.promisedCount, begunMs]),
  });
  const full = bitfieldOf(PIECE_COUNT, upTo(PIECE_COUNT));
  picker.addPeer(PEER, full);
  const pieces: OpenPiece[] = [];
  for (const _ of upTo(PIECE_COUNT)) {
    const choice = blocks.pick(PEER, full, BEGUN_MS);
    if (choice === undefined) continue;
    choice.piece.open(choice.block, PEER);
    choice.piece.received(choice.block, PEER);
    pieces.push(choice.piece);
  }
  return { keeper, pieces, rooms };
}

describe('PieceKeeper', () => {
  it('tells once of the memory of pieces that are written together, when all of it is free, and when one was begun', async () => {
    const { keeper, pieces, rooms } = keeping();
    const [last, ...others] = pieces;
    for (const piece of others) keeper.commit(piece);
    await keeper.settled();
    await new Promise(setImmediate);
    expect(rooms).toEqual([[1, BEGUN_MS]]);
    if (last !== undefined) keeper.commit(last);
    await keeper.settled();
    await new Promise(setImmediate);
    expect(rooms[1]).toEqual([0, BEGUN_MS]);
    expect(keeper.haveCount).toBe(PIECE_COUNT);
  });
});
