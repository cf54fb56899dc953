import { encode } from '@millrace/bencode';
import { PieceLayout, sha1 } from '@millrace/metainfo';

const HASH_LENGTH = 20;

/**
 * Makes the torrent of one file of zeros. All pieces are alike but the last, so that a terabyte is hashed in no time; each
 * has its true hash.
 */
export function zeroTorrent(totalLength: number, pieceLength: number): Uint8Array {
  const layout = new PieceLayout({ pieceLength, totalLength });
  const last = layout.pieceCount - 1;
  const hashes = new Uint8Array(layout.pieceCount * HASH_LENGTH);
  const hash = sha1(new Uint8Array(pieceLength));
  for (let index = 0; index < last; index += 1) hashes.set(hash, index * HASH_LENGTH);
  hashes.set(sha1(new Uint8Array(layout.pieceLength(last))), last * HASH_LENGTH);
  return encode({
    info: { length: totalLength, name: 'zeros.bin', 'piece length': pieceLength, pieces: hashes },
  });
}
