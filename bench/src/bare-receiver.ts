import { hash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { PayloadFile } from './swarm/payload.ts';

// bare-receiver.ts PORT PIECE_LENGTH TARGET MANIFEST: receives, hashes and writes, and nothing else. No protocol, no
// check of the hashes, no second peer: what is left of a download if all that is taken away.
const [port = '', pieceLength = '', target = '', manifest = ''] = process.argv.slice(2);
const files: readonly PayloadFile[] = JSON.parse(readFileSync(manifest, 'utf8'));
const piece = new Uint8Array(Number(pieceLength));
let filled = 0;

/** The file that is being written, if any, and how much of it is missing. */
let file = -1;
let missing = 0;
let next = 0;
let folder = '';

function openNext(): void {
  const { path = '', length = 0 } = files[next++] ?? {};
  const whole = join(target, path);
  if (dirname(whole) !== folder) {
    folder = dirname(whole);
    mkdirSync(folder, { recursive: true });
  }
  file = openSync(whole, 'w');
  missing = length;
}

function finishPiece(): void {
  if (filled === 0) return;
  hash('sha1', piece.subarray(0, filled), 'buffer');
  for (let written = 0; written < filled;) {
    if (missing === 0) openNext();
    const length = Math.min(missing, filled - written);
    writeSync(file, piece, written, length);
    written += length;
    missing -= length;
    if (missing === 0) closeSync(file);
  }
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
