import { randomBytes } from 'node:crypto';
import { DhtCore, PeerStore } from '@millrace/dht';

// Prints how much memory a node takes, with nothing stored for others, and with 10,000 peers.
const PEERS = 10_000;
const HASHES = 500;
const NODES = 50;

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const make = (): DhtCore =>
  new DhtCore({ family: 4, nowMs: 0, random: (length) => randomBytes(length), send: () => {} });
const kept: DhtCore[] = [make()];
const beforeBytes = heap();
for (let count = 0; count < NODES; count += 1) kept.push(make());
const bareBytes = (heap() - beforeBytes) / NODES;

const stores: PeerStore[] = [];
const hashes = Array.from({ length: HASHES }, () => new Uint8Array(randomBytes(20)));
const emptyBytes = heap();
const store = new PeerStore();
stores.push(store);
for (let count = 0; count < PEERS; count += 1) {
  const ip = Uint8Array.of(20 + (count >>> 16), (count >>> 8) & 0xff, count & 0xff, 9);
  store.add(hashes[count % HASHES] ?? new Uint8Array(20), { ip, port: 1 + (count % 60_000) }, false, 0);
}
const storedBytes = heap() - emptyBytes;
console.log(
  JSON.stringify({
    bareNodeKiB: Math.round(bareBytes / 102.4) / 10,
    storedPeers: stores[0]?.peerCount,
    storedHashes: stores[0]?.hashCount,
    storedPeersMiB: Math.round(storedBytes / 1024 / 102.4) / 10,
    bytesPerPeer: Math.round(storedBytes / PEERS),
    kept: kept.length,
  }),
);
