import { randomBytes } from 'node:crypto';
import { DhtNode } from '@millrace/dht/node';

// Prints how many lookups one node makes in a second over loopback, among nodes of the same process.
const NODES = 40;
const PARALLEL = 8;
const SECONDS = 5;
const limits = { bytesPerSecond: Number.POSITIVE_INFINITY, packetsPerSecond: Number.POSITIVE_INFINITY };
const common = { addresses: ['127.0.0.1'], limits };

const first = await DhtNode.create(common);
const nodes = [first];
while (nodes.length < NODES) {
  const node = await DhtNode.create({ ...common, bootstrap: first.addresses });
  await node.ready;
  nodes.push(node);
}
const asking = nodes.at(-1) ?? first;
const sentBefore = asking.statistics().members[0]?.queriesSent ?? 0;
const cpuBefore = process.cpuUsage();
const endMs = performance.now() + SECONDS * 1000;
let lookups = 0;
await Promise.all(
  Array.from({ length: PARALLEL }, async () => {
    while (performance.now() < endMs) {
      for await (const _ of asking.getPeers(randomBytes(20)));
      lookups += 1;
    }
  }),
);
const { user, system } = process.cpuUsage(cpuBefore);
const queries = (asking.statistics().members[0]?.queriesSent ?? 0) - sentBefore;
await Promise.all(nodes.map((node) => node.close()));
console.log(
  JSON.stringify({
    lookupsPerSecond: Math.round(lookups / SECONDS),
    queriesPerLookup: Math.round((queries / lookups) * 10) / 10,
    // Both ends of it, sockets included.
    cpuMicrosecondsPerQuery: Math.round((user + system) / queries),
  }),
);
