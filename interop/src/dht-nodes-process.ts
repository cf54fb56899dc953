/**
 * Nodes of the DHT, one for each address: `dht-nodes-process.ts ADDRESS…`, all at one UDP port of their own choosing.
 *
 * Prints a JSON object a line: where the first is, and how many peers are stored, as soon as that changes.
 */
import { DhtNode } from '@millrace/dht/node';

const nodes: DhtNode[] = [];
for (const address of process.argv.slice(2)) {
  const bootstrap = nodes[0]?.addresses ?? [];
  nodes.push(await DhtNode.create({ addresses: [address], port: nodes[0]?.port ?? 0, bootstrap }));
}
await Promise.all(nodes.map(({ ready }) => ready));
console.log(JSON.stringify({ port: nodes[0]?.port }));

let stored = 0;
setInterval(() => {
  const now = nodes.reduce((sum, node) => sum + node.statistics().storedPeers, 0);
  if (now !== stored) console.log(JSON.stringify({ stored: now }));
  stored = now;
}, 50);
