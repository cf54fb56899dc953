import { sha1 } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { torrentOf } from './torrent.ts';

describe('torrentOf', () => {
  it('makes a single file of random bytes, or of given ones', async () => {
    const { metainfo, payload } = await torrentOf(40_000, { name: 'one.bin' });
    expect(metainfo).toMatchObject({ name: 'one.bin', isSingleFile: true, pieceLength: 16_384, tiers: [] });
    expect(metainfo.layout).toMatchObject({ pieceCount: 3, totalLength: 40_000 });
    expect(metainfo.pieceHashes.slice(40)).toEqual(sha1(payload.subarray(32_768)));
    const given = await torrentOf(Uint8Array.of(1, 2, 3));
    expect(given.payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('makes a folder, its files one after the other in the payload', async () => {
    const bytes = new TextEncoder().encode('hello');
    const { metainfo, payload, fileBytes } = await torrentOf(
      [
        { path: 'a/b.bin', length: 20_000 },
        { path: 'empty', length: 0 },
        { path: 'c.txt', bytes },
      ],
      { name: 'folder', tiers: [['http://one/announce']], isPrivate: true, pieceLength: 32_768, seed: 9 },
    );
    expect(metainfo).toMatchObject({
      isSingleFile: false,
      isPrivate: true,
      tiers: [['http://one/announce']],
    });
    expect(metainfo.files.map(({ path, length }) => [path.join('/'), length])).toEqual([
      ['a/b.bin', 20_000],
      ['empty', 0],
      ['c.txt', 5],
    ]);
    expect(fileBytes[2]).toEqual(bytes);
    expect(payload.slice(20_000)).toEqual(bytes);
    expect(metainfo.pieceHashes.slice()).toEqual(sha1(payload));
  });

  it('is the same torrent for the same seed', async () => {
    const { torrentBytes } = await torrentOf(1000, { seed: 3 });
    expect((await torrentOf(1000, { seed: 3 })).torrentBytes).toEqual(torrentBytes);
    expect((await torrentOf(1000, { seed: 4 })).torrentBytes).not.toEqual(torrentBytes);
  });
});
