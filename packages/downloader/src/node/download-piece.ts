import { MemoryStorage } from '../storage/memory-storage.ts';
import { verifyingStore } from '../storage/verifying-store.ts';
import { ClientNetwork, type ClientOptions } from './client-network.ts';
import type { SwarmOptions, TorrentSource } from './swarm-options.ts';
import { SwarmStay } from './swarm-stay.ts';

/**
 * Downloads one piece into memory.
 *
 * @returns Its bytes, verified; the caller owns them.
 * @throws {RangeError} if there is no such piece; of a magnet link, that is known when there is metadata.
 * @throws {DownloadError} `NO_SOURCES`, `NO_METADATA`. Rejects with the signal's reason when it aborts.
 */
export async function downloadPiece(
  source: TorrentSource,
  index: number,
  options: SwarmOptions & ClientOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const signal = options.signal ?? new AbortController().signal;
  const storage = new MemoryStorage();
  await using network = new ClientNetwork(options);
  const stay = new SwarmStay(network, source, options);
  try {
    const metainfo = await stay.metainfo(signal);
    const { layout, pieceHashes } = metainfo;
    layout.pieceLength(index); // throws if there is none
    const store = verifyingStore(storage, layout, pieceHashes);
    await stay.torrent(metainfo, { store, wanted: [index] }).run(signal, network.ready);
  } finally {
    await stay.close();
  }
  return storage.piece(index) ?? new Uint8Array(0);
}
