import { once } from 'node:events';
import { createServer } from 'node:http';

export interface StaticTracker extends AsyncDisposable {
  readonly announceUrl: string;
  /** The ports of the peers it tells everyone about. */
  peerPorts: readonly number[];
}

export interface StaticTrackerOptions {
  /** The peers' IPv4 address. @defaultValue 127.0.0.1 */
  readonly peerHost?: string;
  /** Where it listens. @defaultValue 127.0.0.1 */
  readonly host?: string;
  /** @defaultValue a free port */
  readonly port?: number;
}

/** A tracker that answers every announce with the same peers. */
export async function startStaticTracker(options: StaticTrackerOptions = {}): Promise<StaticTracker> {
  const { host = '127.0.0.1', peerHost = '127.0.0.1' } = options;
  const peerBytes = peerHost.split('.').map(Number);
  const server = createServer((_, response) => {
    const peers = tracker.peerPorts.map((peerPort) => [...peerBytes, peerPort >> 8, peerPort & 0xff]);
    const head = `d8:intervali1800e5:peers${peers.length * 6}:`;
    response.end(Buffer.concat([Buffer.from(head), Buffer.from(peers.flat()), Buffer.from('e')]));
  });
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const tracker: StaticTracker = {
    announceUrl: `http://${host}:${port}/announce`,
    peerPorts: [],
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return tracker;
}
