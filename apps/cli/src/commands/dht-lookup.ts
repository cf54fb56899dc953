import type { Context } from '../context.ts';
import { DhtSearchError } from '../dht/search-error.ts';
import { type DhtFlags, withDhtNode } from '../dht/search-node.ts';
import { toHex } from '../hex.ts';
import { JsonLines } from '../json-lines.ts';
import { infoHashOf, readSource } from '../source.ts';
import { UsageError } from '../usage-error.ts';

export interface DhtLookupFlags extends DhtFlags {
  readonly count?: boolean;
}

/** Prints the peers of a torrent as nodes of the DHT name them. It fails if there are none. */
export async function dhtLookupCommand(
  torrent: string,
  flags: DhtLookupFlags,
  context: Context,
): Promise<void> {
  const source = await readSource(torrent, context);
  if (source.type === 'torrent' && source.metainfo.isPrivate) {
    throw new UsageError('Cannot look for peers of a private torrent: only its trackers may hear of it');
  }
  const infoHash = infoHashOf(source);
  const { formatAddress } = await context.layers.dht();
  const lines = new JsonLines(context.out);
  await withDhtNode(flags, context, async (node, signal) => {
    if (flags.count === true) {
      const { seeds, peers } = await node.scrape(infoHash, { signal });
      if (flags.json === true) lines.write({ infoHash: toHex(infoHash), seeders: seeds, leechers: peers });
      else context.out.line(`about ${seeds} seeders, ${peers} leechers`);
      return;
    }
    let count = 0;
    for await (const peer of node.getPeers(infoHash, { signal })) {
      count += 1;
      if (flags.json === true) lines.write({ peer: formatAddress(peer) });
      else context.out.line(formatAddress(peer));
    }
    if (count === 0) throw new DhtSearchError('NO_PEERS');
  });
}
