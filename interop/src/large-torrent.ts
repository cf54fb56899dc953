import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

export interface LargeTorrent {
  readonly infoHash: string;
  readonly pieceCount: number;
}

/** Writes a torrent of so many pieces that no one has: only its metadata is there to be had. */
export async function writeLargeTorrent(path: string, pieceCount: number): Promise<LargeTorrent> {
  const hashes = randomBytes(20 * pieceCount);
  const length = pieceCount * 16_384;
  const head = `d6:lengthi${length}e4:name9:large.bin12:piece lengthi16384e6:pieces${hashes.length}:`;
  const info = Buffer.concat([Buffer.from(head), hashes, Buffer.from('e')]);
  await writeFile(path, Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]));
  return { infoHash: createHash('sha1').update(info).digest('hex'), pieceCount };
}
