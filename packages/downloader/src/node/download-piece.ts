import type { Metainfo } from '@millrace/metainfo';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { verifyingStore } from '../storage/verifying-store.ts';
import { joinSwarm, type SwarmOptions } from './download.ts';

/**
 * Downloads one piece into memory.
 *
 * @returns Its bytes, verified; the caller owns them.
 * @throws {RangeError} if there is no such piece.
 * @throws {DownloadError} `NO_SOURCES`. Rejects with the signal's reason when it aborts.
 */
export async function downloadPiece(
  metainfo: Metainfo,
  index: number,
  options: SwarmOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { layout, pieceHashes } = metainfo;
  layout.pieceLength(index); // throws if there is none
  const storage = new MemoryStorage();
  const torrent = joinSwarm(metainfo, options, {
    store: verifyingStore(storage, layout, pieceHashes),
    wanted: [index],
  });
  await torrent.run(options.signal ?? new AbortController().signal);
  return storage.piece(index) ?? new Uint8Array(0);
}
