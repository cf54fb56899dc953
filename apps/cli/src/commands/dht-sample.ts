import type { Sample } from '@millrace/dht/node';
import type { Context } from '../context.ts';
import { type DhtFlags, withDhtNode } from '../dht/search-node.ts';
import { toHex } from '../hex.ts';
import { JsonLines } from '../json-lines.ts';
import { parsePeer } from '../parse-peer.ts';

/** Prints info hashes that nodes of the DHT have peers of: those of one node, or of some that are drawn. */
export async function dhtSampleCommand(
  address: string | undefined,
  flags: DhtFlags,
  context: Context,
): Promise<void> {
  const { formatAddress } = await context.layers.dht();
  const lines = new JsonLines(context.out);
  const seen = new Set<string>();
  const print = ({ node, infoHashes, total, intervalMs }: Sample): void => {
    const hashes = infoHashes.map(toHex);
    if (flags.json === true)
      return lines.write({ node: formatAddress(node), total, intervalMs, infoHashes: hashes });
    context.out.lines(hashes.filter((hash) => !seen.has(hash)));
    for (const hash of hashes) seen.add(hash);
  };
  if (address !== undefined) {
    const target = parsePeer(address);
    const asked = { ...flags, bootstrap: [address] };
    return print(await withDhtNode(asked, context, (node, signal) => node.sampleFrom(target, { signal })));
  }
  await withDhtNode(flags, context, async (node, signal) => {
    for await (const sample of node.sample(undefined, { signal })) print(sample);
  });
}
