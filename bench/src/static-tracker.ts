import { once } from 'node:events';
import { createServer } from 'node:http';

export interface StaticTracker extends AsyncDisposable {
  readonly announceUrl: string;
  /** The one peer it tells everyone about, on 127.0.0.1. */
  peerPort: number;
}

/** A tracker that answers every announce with the same peer. */
export async function startStaticTracker(): Promise<StaticTracker> {
  const server = createServer((_, response) => {
    const peer = Buffer.from([127, 0, 0, 1, tracker.peerPort >> 8, tracker.peerPort & 0xff]);
    response.end(Buffer.concat([Buffer.from('d8:intervali1800e5:peers6:'), peer, Buffer.from('e')]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const tracker = {
    announceUrl: `http://127.0.0.1:${port}/announce`,
    peerPort: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return tracker;
}
