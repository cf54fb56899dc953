import { hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { connect } from 'node:net';

// bare-receiver.ts PORT PIECE_LENGTH FILE: receives, hashes and writes, and nothing else. No protocol, no check of
// the hashes, no second peer: what is left of a download if all that is taken away.
const [port = '', pieceLength = '', path = ''] = process.argv.slice(2);
const piece = new Uint8Array(Number(pieceLength));
const file = openSync(path, 'w');
let filled = 0;
let offset = 0;

function finishPiece(): void {
  if (filled === 0) return;
  const whole = piece.subarray(0, filled);
  hash('sha1', whole, 'buffer');
  writeSync(file, whole, 0, filled, offset);
  offset += filled;
  filled = 0;
}

const socket = connect({
  host: '127.0.0.1',
  port: Number(port),
  onread: {
    // Straight into the piece: not even a copy.
    buffer: () => piece.subarray(filled),
    callback: (length) => {
      filled += length;
      if (filled === piece.length) finishPiece();
      return true;
    },
  },
});
socket.on('end', finishPiece);
socket.on('close', () => closeSync(file));
