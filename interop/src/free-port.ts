import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Finds a TCP port of 127.0.0.1 that nothing listens on, by letting the system choose it.
 * Needed for programs that cannot choose one themselves and say which.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port');
  return address.port;
}
