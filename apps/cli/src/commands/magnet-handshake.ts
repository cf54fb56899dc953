import type { Context } from '../context.ts';
import { toHex } from '../hex.ts';
import { LOOK_TIMEOUT_MS, tellTrouble } from '../load-metainfo.ts';
import { NoPeersError } from '../patience.ts';
import { proxyFor } from '../proxy.ts';
import { readSource } from '../source.ts';
import { toDiscovery } from '../discovery-options.ts';
import { addedTrackers, type SourceFlags, toSwarmOptions } from '../source-options.ts';

/** Shakes hands with the first peer that answers, and prints its id and the id it gave to the metadata extension. */
export async function magnetHandshakeCommand(
  link: string,
  flags: SourceFlags,
  context: Context,
): Promise<void> {
  const source = await readSource(link, context, flags);
  const options = {
    ...toSwarmOptions(flags),
    ...toDiscovery(flags, context.terminal.environment),
    portMapping: false, // it is over before anyone could call
    ...(await proxyFor(flags.proxy, context)),
    ...addedTrackers(flags, source),
  };
  const { probePeer } = await context.layers.downloader();
  const waitMs = flags.timeout ?? LOOK_TIMEOUT_MS;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new NoPeersError(waitMs)), waitMs);
  try {
    const { handshake, extended } = await probePeer(
      source.type === 'torrent' ? source.metainfo : source.magnet,
      {
        ...options,
        signal: AbortSignal.any([context.signal, stop.signal]),
        onEvent: (event) => tellTrouble(event, context),
      },
    );
    context.out.lines([
      `Peer ID: ${toHex(handshake.peerId)}`,
      `Peer Metadata Extension ID: ${extended?.extensions.get('ut_metadata') ?? 'none'}`,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
