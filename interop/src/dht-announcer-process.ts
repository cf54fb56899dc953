/**
 * Nodes of the DHT that announce a peer: `dht-announcer-process.ts INFO_HASH ADDRESS…`, one node for each address, all at one
 * UDP port. The peer is at the last address, and takes connections only to close them.
 *
 * Prints a JSON object a line: the nodes' port when it is announced, and then each time someone calls.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { DhtNode } from '@millrace/dht/node';

const [hash = '', ...addresses] = process.argv.slice(2);
const nodes: DhtNode[] = [];
for (const address of addresses) {
  const bootstrap = nodes[0]?.addresses ?? [];
  nodes.push(await DhtNode.create({ addresses: [address], port: nodes[0]?.port ?? 0, bootstrap }));
}
await Promise.all(nodes.map(({ ready }) => ready));
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.destroy();
  console.log(JSON.stringify({ called: true }));
}).listen(0, addresses.at(-1));
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('It listens nowhere');
// Those that came later know whom they began with.
await nodes.at(-1)?.announce(Uint8Array.from(Buffer.from(hash, 'hex')), { port: address.port });
console.log(JSON.stringify({ port: nodes[0]?.port }));
