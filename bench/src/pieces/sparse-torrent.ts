import { encode } from '@millrace/bencode';
import { payload } from '@millrace/testkit';

/** Length of every piece: 16 blocks, what torrents of a few GiB have. */
const PIECE_LENGTH = 256 * 1024;

/** Makes a torrent of one file that nobody has: its hashes are made up. */
export function sparseTorrent(pieceCount: number): Uint8Array<ArrayBuffer> {
  return encode({
    info: {
      length: pieceCount * PIECE_LENGTH,
      name: 'sparse.bin',
      'piece length': PIECE_LENGTH,
      pieces: payload(20 * pieceCount),
    },
  });
}
