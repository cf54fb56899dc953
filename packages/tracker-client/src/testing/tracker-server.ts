import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Certificate } from './certificate.ts';

/** Something that listens on loopback in a tracker's place. */
export interface TrackerServer extends AsyncDisposable {
  /** Its announce URL. */
  readonly url: string;
  readonly port: number;
  /** Connections made to it so far. */
  readonly connectionCount: number;
  /** What each request asked for, in order; of raw servers, the whole request. */
  readonly requests: readonly string[];
  /** Bytes written to clients. */
  readonly sentBytes: number;
  /** Resolves once every connection is closed. @throws {Error} after a second. */
  allClosed(): Promise<void>;
}

/** Starts a server that speaks HTTP, or HTTPS with `certificate`. */
export async function startHttp(
  respond: RequestListener,
  { certificate, host = '127.0.0.1' }: { certificate?: Certificate; host?: string } = {},
): Promise<TrackerServer> {
  const requests: string[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request.url ?? '');
    respond(request, response);
  };
  const server =
    certificate === undefined
      ? createHttpServer(listener)
      : createHttpsServer({ cert: certificate.cert, key: certificate.key }, listener);
  server.on('tlsClientError', () => {});
  return listen(server, certificate === undefined ? 'http' : 'https', host, requests);
}

/** Starts a server that does with a connection, once a request came, what HTTP allows or not. */
export async function startRaw(respond: (socket: Socket, request: string) => void): Promise<TrackerServer> {
  const requests: string[] = [];
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!received.endsWith('\r\n\r\n')) return;
      requests.push(received);
      respond(socket, received);
      received = '';
    });
  });
  return listen(server, 'http', '127.0.0.1', requests);
}

async function listen(
  server: Server,
  protocol: string,
  host: string,
  requests: string[],
): Promise<TrackerServer> {
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  let closedBytes = 0;
  server.on('connection', (socket) => {
    connectionCount += 1;
    sockets.add(socket);
    // A client that is gone is only noticed by one who reads or writes.
    socket.on('end', () => socket.end());
    socket.once('close', () => {
      sockets.delete(socket);
      closedBytes += socket.bytesWritten;
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${protocol}://${host}:${port}/announce`,
    port,
    requests,
    get connectionCount() {
      return connectionCount;
    },
    get sentBytes() {
      return [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, closedBytes);
    },
    async allClosed() {
      const deadline = performance.now() + 1_000;
      while (sockets.size > 0) {
        if (performance.now() > deadline) throw new Error(`${sockets.size} connections are still open`);
        await setTimeout(5);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
