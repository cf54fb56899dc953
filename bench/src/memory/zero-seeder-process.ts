import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { BLOCK_LENGTH, parseMetainfo, peerId } from '@millrace/metainfo';
import {
  Bitfield,
  encodeHandshake,
  encodeMessage,
  encodePieceHeader,
  HANDSHAKE_LENGTH,
  MessageDecoder,
  reservedBytes,
} from '@millrace/peer-wire';
import type { SeederReport } from './zero-seeder.ts';

// zero-seeder-process.ts TORRENT COUNT: so many peers, each at a port of its own on 127.0.0.1, that have everything, choke
// nobody and answer every request with zeros. The ports are printed, then, four times a second, what was asked for and
// what was sent so far.
const [path = '', count = ''] = process.argv.slice(2);
const REPORT_MS = 250;
const { infoHash, layout } = parseMetainfo(new Uint8Array(readFileSync(path)));
const zeros = new Uint8Array(BLOCK_LENGTH);
const sockets = new Set<Socket>();
let requestedLength = 0;
let endedLength = 0;

function serve(socket: Socket): void {
  const decoder = new MessageDecoder();
  let handshakeLeft = HANDSHAKE_LENGTH;
  sockets.add(socket);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    endedLength += sentOf(socket);
    sockets.delete(socket);
  });
  socket.on('data', (chunk: Uint8Array) => {
    const skipped = Math.min(handshakeLeft, chunk.length);
    if (handshakeLeft > 0 && handshakeLeft === skipped) open(socket);
    handshakeLeft -= skipped;
    socket.cork();
    decoder.push(chunk.subarray(skipped), { blockTarget: () => undefined }, (message) => {
      if (message.type !== 'request') return;
      const { index, begin, length } = message;
      requestedLength += length;
      socket.write(encodePieceHeader(index, begin, length));
      socket.write(zeros.subarray(0, length));
    });
    socket.uncork();
  });
}

function open(socket: Socket): void {
  const have = new Bitfield(layout.pieceCount);
  for (let index = 0; index < layout.pieceCount; index += 1) have.add(index);
  const id = peerId(crypto.getRandomValues(new Uint8Array(20)));
  socket.write(encodeHandshake({ infoHash, peerId: id, reserved: reservedBytes() }));
  socket.write(encodeMessage({ type: 'bitfield', bits: have.encode() }));
  socket.write(encodeMessage({ type: 'unchoke' }));
}

/** What the system has taken from a socket: headers count, what waits in this process does not. */
function sentOf(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}

function report(): void {
  let sentLength = endedLength;
  for (const socket of sockets) sentLength += sentOf(socket);
  console.log(JSON.stringify({ requestedLength, sentLength } satisfies SeederReport));
}

async function listen(): Promise<number> {
  const server = createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has one once it listens
  return (server.address() as AddressInfo).port;
}

const ports = await Promise.all(Array.from({ length: Number(count) }, listen));
console.log(JSON.stringify({ ports }));
setInterval(report, REPORT_MS);
