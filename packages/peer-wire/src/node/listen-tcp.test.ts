import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../byte-stream.ts';
import { PeerWireError } from '../error.ts';
import { Recorder } from '../testing/loopback.ts';
import { listenTcp, type TcpListener } from './listen-tcp.ts';
import { connectTcp, type TcpAddress } from './tcp.ts';

const sockets: Socket[] = [];
const listeners: TcpListener[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

function call(host: string, port: number): Socket {
  const socket = connect({ host, port });
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

/** Listens, and keeps what comes. */
async function listening(host?: string) {
  const addresses: TcpAddress[] = [];
  const streams: ByteStream[] = [];
  const local = new Recorder();
  const arrived = Promise.withResolvers<void>();
  const listener = await listenTcp(host === undefined ? {} : { host }, (incoming) => {
    addresses.push(incoming.address);
    streams.push(incoming.accept(local));
    arrived.resolve();
  });
  listeners.push(listener);
  return { listener, addresses, streams, local, arrived: arrived.promise };
}

describe('listenTcp()', () => {
  it('chooses a free port, and takes IPv4 there, spelled as such', async () => {
    const { listener, addresses, streams, arrived } = await listening();
    expect(listener.port).toBeGreaterThan(0);
    const socket = call('127.0.0.1', listener.port);
    await once(socket, 'connect');
    await arrived;
    expect(addresses).toEqual([{ host: '127.0.0.1', port: socket.localPort }]);
    streams[0]?.close();
  });

  it('takes IPv6 at the same port, where there is any', async ({ skip }) => {
    const probe = createServer();
    const answer = Promise.withResolvers<boolean>();
    probe.once('error', () => answer.resolve(false));
    probe.listen({ host: '::1', port: 0 }, () => answer.resolve(true));
    if (!(await answer.promise)) skip();
    probe.close();
    const { listener, addresses, streams, arrived } = await listening();
    call('::1', listener.port);
    await arrived;
    expect(addresses[0]?.host).toBe('::1');
    streams[0]?.close();
  });

  it('takes no memory of its own for what arrives: every read is in the one buffer', async () => {
    const { listener, streams, local, arrived } = await listening('127.0.0.1');
    const buffers = new Set<ArrayBufferLike>();
    const came = Promise.withResolvers<void>();
    local.onBytes = (chunk) => {
      buffers.add(chunk.buffer);
      came.resolve();
    };
    // Outgoing connections have had it from the beginning.
    const outgoing = new Recorder();
    outgoing.onBytes = (chunk) => void buffers.add(chunk.buffer);
    const stream = await connectTcp({ host: '127.0.0.1', port: listener.port }, outgoing);
    await arrived;
    streams[0]?.write([Uint8Array.of(1)]);
    stream.write([Uint8Array.of(2)]);
    await came.promise;
    expect(buffers.size).toBe(1);
    stream.close();
    streams[0]?.close();
  });

  it('resets a connection that is not accepted', async () => {
    const listener = await listenTcp({ host: '127.0.0.1' }, () => {});
    listeners.push(listener);
    const socket = call('127.0.0.1', listener.port);
    const closed = Promise.withResolvers<boolean>();
    socket.once('close', closed.resolve);
    expect(await closed.promise).toBe(true);
  });

  it('says which port cannot be had, and why', async () => {
    const { listener } = await listening('127.0.0.1');
    const second = listenTcp({ host: '127.0.0.1', port: listener.port }, () => {});
    const error: unknown = await second.catch((reason: unknown) => reason);
    expect(PeerWireError.is(error) && error.detail).toEqual({
      code: 'NOT_LISTENING',
      port: listener.port,
      system: 'EADDRINUSE',
    });
  });

  it('closes without waiting for the connections that it gave away', async () => {
    const { listener, streams, local, arrived } = await listening('127.0.0.1');
    const socket = call('127.0.0.1', listener.port);
    await once(socket, 'connect');
    await arrived;
    await listener.close();
    const answered = once(socket, 'data');
    streams[0]?.write([Uint8Array.of(7)]);
    expect(await answered).toEqual([Buffer.of(7)]);
    expect(local.closes).toEqual([]);
    streams[0]?.close();
  });
});
