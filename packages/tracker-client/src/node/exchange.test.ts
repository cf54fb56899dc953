import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { parseHttpUrl } from '../tracker-url.ts';
import { Connection } from './connection.ts';
import { Deadline } from './deadline.ts';
import { exchange } from './exchange.ts';
import { resolveOptions } from './options.ts';

it.each<[string, (socket: Socket) => void]>([
  ['reset', (socket) => void socket.resetAndDestroy()],
  ['closed', (socket) => void socket.end()],
])('asks nothing of a connection that was %s before', async (_name, hangUp) => {
  await using server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const tracker = `http://127.0.0.1:${port}/announce`;
  const parsed = parseHttpUrl(tracker);
  if (parsed.type !== 'http') throw new Error('no URL');
  const limits = resolveOptions({});
  using deadline = new Deadline({ tracker, timeoutMs: 2_000, idleTimeoutMs: 2_000, signal: undefined });
  const common = { url: parsed.url, tracker, deadline };
  const addresses = [{ address: '127.0.0.1', family: 4 }];
  const accepted = once(server, 'connection');
  await using connection = await Connection.open({
    ...common,
    addresses,
    localAddress: undefined,
    proxy: undefined,
    ca: undefined,
  });
  const [peer] = (await accepted) as [Socket];
  hangUp(peer);
  const { stream } = connection;
  stream.resume();
  await expect.poll(() => stream.closed, { interval: 1 }).toBe(true);
  const asking = exchange(
    { ...common, connection, authorization: undefined, limits },
    async () => 'an answer',
  );
  await expect(asking).rejects.toMatchObject({ detail: { code: 'CONNECTION_LOST', phase: 'waiting' } });
});
