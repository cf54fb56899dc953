import { join } from 'node:path';
import type { NodeAddress } from '@millrace/dht/node';
import { SYSTEM_PYTHON } from './libtorrent-seeder.ts';
import { ManagedProcess } from './managed-process.ts';
import { waitFor } from './wait-for.ts';

const SCRIPT = join(import.meta.dirname, 'dht_peer.py');

/** What libtorrent's node is to do; `dht_peer.py` has the fields. */
export type DhtAction = Readonly<Record<string, string | number>> & { readonly do: string };

/** A node of libtorrent's DHT, and what came of its actions. */
export interface DhtPeer extends AsyncDisposable {
  readonly address: NodeAddress;
  readonly process: ManagedProcess;
  /** Results, in the order of the actions, once all are done. */
  results(): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Starts a node that knows one other, and does one thing after the other. */
export async function startDhtPeer(
  address: NodeAddress,
  node: NodeAddress,
  actions: readonly DhtAction[],
): Promise<DhtPeer> {
  const lines: Record<string, unknown>[] = [];
  const { host, port } = address;
  const listen = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const words = actions.map((action) => JSON.stringify(action));
  const args = [SCRIPT, listen, node.host, `${node.port}`, ...words];
  const process = await ManagedProcess.start('libtorrent', SYSTEM_PYTHON, args, {
    onLine: (line) => {
      lines.push(JSON.parse(line));
    },
  });
  return {
    address,
    process,
    async results() {
      await waitFor(
        'libtorrent to do what it was told',
        () => {
          process.assertRunning();
          return lines.some(({ done }) => done === true);
        },
        { timeoutMs: 60_000 },
      );
      return lines.filter(({ ready, done }) => ready === undefined && done === undefined);
    },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
