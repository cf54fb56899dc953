import type { DhtNode, NodeAddress } from '@millrace/dht/node';
import type { Context } from '../context.ts';
import { DhtSearchError } from './search-error.ts';
import { parsePeer } from '../parse-peer.ts';
import { checkLocalAddress } from '../source-options.ts';

/** Options of all commands that ask the DHT. */
export interface DhtFlags {
  readonly bootstrap?: readonly string[];
  readonly bind?: string;
  readonly timeout?: number;
  readonly json?: boolean;
}

/** Long enough for the slowest lookup. */
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Runs `search` with a node that is there for as long as that takes, and for no longer than the user waits. Only with
 * `answers` it answers others.
 */
export async function withDhtNode<T>(
  flags: DhtFlags & { readonly answers?: boolean },
  context: Context,
  search: (node: DhtNode, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { bind, timeout = DEFAULT_TIMEOUT_MS } = flags;
  const bootstrap: NodeAddress[] = (flags.bootstrap ?? []).map(parsePeer);
  if (bind !== undefined) checkLocalAddress(bind);
  const { DhtNode, PUBLIC_ROUTERS } = await context.layers.dht();
  const patience = AbortSignal.timeout(timeout);
  const signal = AbortSignal.any([context.signal, patience]);
  // Whoever names a node to begin with may mean another network than everybody's.
  const start = bootstrap.length > 0 ? { bootstrap } : { routers: PUBLIC_ROUTERS };
  await using node = await DhtNode.create({
    ...start,
    ...(bind !== undefined && { addresses: [bind] }),
    // So that nobody keeps a node in mind that will be gone in a moment.
    isReadOnly: flags.answers !== true,
  });
  try {
    return await search(node, signal);
  } catch (error) {
    if (error === patience.reason) throw new DhtSearchError('TIMED_OUT', { cause: error });
    throw error;
  }
}
