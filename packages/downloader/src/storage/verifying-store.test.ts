import { PieceLayout, sha1 } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { MemoryStorage } from './memory-storage.ts';
import { verifyingStore } from './verifying-store.ts';

const layout = new PieceLayout({ pieceLength: 4, totalLength: 10 });
const pieces = ['abcd', 'efgh', 'ij'].map((text) => new TextEncoder().encode(text));
const pieceHashes = new Uint8Array(pieces.flatMap((piece) => [...sha1(piece)]));

describe('verifyingStore', () => {
  it('writes a piece that matches its hash, and no other', async () => {
    const storage = new MemoryStorage();
    const store = verifyingStore(storage, layout, pieceHashes);
    expect(await store.commit(0, pieces[0] ?? new Uint8Array())).toEqual({ isRight: true });
    expect(await store.commit(1, pieces[0] ?? new Uint8Array())).toEqual({ isRight: false });
    expect([storage.piece(0), storage.piece(1)]).toEqual([pieces[0], undefined]);
  });

  it('finds the pieces that are there and right', async () => {
    const storage = new MemoryStorage();
    await storage.writePiece(0, new TextEncoder().encode('abcX'));
    await storage.writePiece(2, pieces[2] ?? new Uint8Array());
    const progress: number[] = [];
    const have = await verifyingStore(storage, layout, pieceHashes).examine({
      onProgress: (length) => progress.push(length),
    });
    expect([...have]).toEqual([2]);
    expect(progress).toEqual([4, 8, 10]);
  });

  it('takes an answer that comes later as well as one that comes at once', async () => {
    const storage = new MemoryStorage();
    await storage.writePiece(1, pieces[1] ?? new Uint8Array());
    const later = Object.assign(Object.create(storage), {
      readPiece: async (index: number, target: Uint8Array) => storage.readPiece(index, target),
    });
    expect([...(await verifyingStore(later, layout, pieceHashes).examine())]).toEqual([1]);
  });

  it('stops looking when told to', async () => {
    const store = verifyingStore(new MemoryStorage(), layout, pieceHashes);
    await expect(store.examine({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  });
});
