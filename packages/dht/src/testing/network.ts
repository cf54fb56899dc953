import type { NodeAddress } from '../node/address.ts';
import { DhtNode } from '../node/dht-node.ts';
import type { DhtNodeOptions } from '../node/options.ts';

export interface TestNetwork {
  readonly nodes: readonly DhtNode[];
  /** Of the first node, at its first address. */
  readonly first: NodeAddress;
  close(): Promise<void>;
}

/** Starts nodes at loopback addresses that all join through the first. */
export async function startNetwork(
  count: number,
  addresses: readonly string[],
  options: DhtNodeOptions = {},
): Promise<TestNetwork> {
  const start = await DhtNode.create({ ...options, addresses });
  const bootstrap = start.addresses;
  const [first] = bootstrap;
  if (first === undefined) throw new Error('A node has an address');
  const nodes = [start];
  while (nodes.length < count) {
    const node = await DhtNode.create({ ...options, addresses, bootstrap });
    await node.ready;
    nodes.push(node);
  }
  return {
    nodes,
    first,
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}
