import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { givenPeers, type Storage, Torrent, verifyingStore } from '@millrace/downloader';
import { systemClock } from '@millrace/downloader/node';
import { createPeerId, parseMetainfo } from '@millrace/metainfo';
import { connectTcp } from '@millrace/peer-wire/node';
import type { DiscardProgress } from './discarder.ts';

// Arguments: TORRENT STOP_LENGTH BYTES_PER_SECOND HOST:PORT... Downloads into a storage that verifies every piece
// and keeps none, no faster than told (0: as fast as it comes), and ends after so many bytes. Prints how far it is, at
// each GiB and four times a second.
const [path = '', stopLength = '', bytesPerSecond = '', ...peers] = process.argv.slice(1);
setFlagsFromString('--semi-space-growth-factor=1'); // as the command line does
const REPORT_MS = 250;
const GIB = 1024 ** 3;
const metainfo = parseMetainfo(new Uint8Array(readFileSync(path)));
const stop = new AbortController();
let storedLength = 0;
let rejectedCount = 0;
let freeMs = performance.now();

const discarding: Storage = {
  readPiece: () => false,
  async writePiece(_, { length }) {
    if (Number(bytesPerSecond) > 0) {
      freeMs = Math.max(freeMs, performance.now()) + (length * 1_000) / Number(bytesPerSecond);
      await sleep(freeMs - performance.now());
    }
    const before = storedLength;
    storedLength += length;
    if (Math.floor(before / GIB) < Math.floor(storedLength / GIB)) report();
    if (storedLength >= Number(stopLength)) stop.abort();
  },
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

const { infoHash, layout, pieceHashes } = metainfo;
const torrent = new Torrent({
  infoHash,
  peerId: createPeerId((length) => crypto.getRandomValues(new Uint8Array(length)), '0.0.1'),
  layout,
  store: verifyingStore(discarding, layout, pieceHashes),
  sources: [
    givenPeers(
      peers.map((peer) => {
        const [host = '', port = ''] = peer.split(':');
        return { host, port: Number(port) };
      }),
    ),
  ],
  dial: connectTcp,
  clock: systemClock,
  random: Math.random,
  // What `download` takes if nothing is said.
  maxPeers: Math.max(50, peers.length),
  memoryBytes: 64 * 1024 ** 2,
  requestTimeoutMs: 20_000,
  onEvent: ({ type }) => {
    if (type === 'pieceRejected') rejectedCount += 1;
  },
});

function report(): void {
  const { arrayBuffers: bufferBytes } = process.memoryUsage();
  console.log(JSON.stringify({ storedLength, rejectedCount, bufferBytes } satisfies DiscardProgress));
}

const timer = setInterval(report, REPORT_MS);
await torrent.run(stop.signal).catch((error: unknown) => {
  if (!stop.signal.aborted) throw error;
});
clearInterval(timer);
report();
