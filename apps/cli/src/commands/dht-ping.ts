import type { Context } from '../context.ts';
import { type DhtFlags, withDhtNode } from '../dht/search-node.ts';
import { toHex } from '../hex.ts';
import { JSON_SCHEMA, toJson } from '../json-lines.ts';
import { parsePeer } from '../parse-peer.ts';

/** Prints the id of a node, and how long its answer took. */
export async function dhtPingCommand(address: string, flags: DhtFlags, context: Context): Promise<void> {
  const target = parsePeer(address);
  const { formatAddress } = await context.layers.dht();
  // Nobody else is to be asked anything.
  const {
    id,
    address: node,
    roundTripMs,
  } = await withDhtNode({ ...flags, bootstrap: [address] }, context, (asking, signal) =>
    asking.ping(target, { signal }),
  );
  const text = formatAddress(node);
  const tookMs = Math.round(roundTripMs * 10) / 10;
  if (flags.json === true) {
    context.out.line(toJson({ schema: JSON_SCHEMA, node: text, id: toHex(id), roundTripMs: tookMs }));
  } else {
    context.out.line(`${text}: ${toHex(id)}, ${tookMs} ms`);
  }
}
