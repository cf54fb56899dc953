import { createServer, type Socket } from 'node:net';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';
import { PeerWireError } from '../error.ts';
import { adoptSocket } from './adopt-socket.ts';
import type { TcpAddress } from './tcp.ts';

export interface ListenOptions {
  /** Where to listen; 0 is any port that is free. @defaultValue 0 */
  readonly port?: number;
  /** The local address to listen at. @defaultValue all of them, IPv4 and IPv6 alike */
  readonly host?: string;
  /** Connections that the system may keep waiting until we take them. @defaultValue 128 */
  readonly backlog?: number;
}

/** A connection that someone else opened. It is taken or refused during the call that tells of it. */
export interface IncomingTcp {
  /** Where it comes from: not where the peer listens. An IPv4 address is spelled as one. */
  readonly address: TcpAddress;
  /** Takes it: `handler` is told bytes, drains and, once, the close. */
  accept(handler: ByteStreamHandler): ByteStream;
}

/** A port that is listened at. */
export interface TcpListener extends AsyncDisposable {
  readonly port: number;
  /** Takes no more connections; those that are open go on. */
  close(): Promise<void>;
}

/**
 * Listens for peers over TCP, at one port for IPv4 and IPv6. A connection that `onIncoming` does not accept is reset: it
 * costs neither side anything any more.
 *
 * @throws {PeerWireError} `NOT_LISTENING` (with the system's error as `cause`).
 */
export async function listenTcp(
  options: ListenOptions,
  onIncoming: (connection: IncomingTcp) => void,
): Promise<TcpListener> {
  const { port = 0, host, backlog = 128 } = options;
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => take(socket, onIncoming));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, backlog, ...(host === undefined ? {} : { host }) }, resolve);
  try {
    await promise;
  } catch (cause) {
    const system = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error';
    throw new PeerWireError({ code: 'NOT_LISTENING', port, system }, { cause });
  }
  server.off('error', reject);
  // Without this, running out of descriptors for a moment would end the process; the next connection may be fine.
  server.on('error', () => {});
  const bound = server.address();
  const close = (): Promise<void> => new Promise((resolved) => server.close(() => resolved()));
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function take(socket: Socket, onIncoming: (connection: IncomingTcp) => void): void {
  const { remoteAddress, remotePort } = socket;
  let isTaken = false;
  if (remoteAddress !== undefined && remotePort !== undefined) {
    onIncoming({
      address: { host: plain(remoteAddress), port: remotePort },
      accept(handler) {
        isTaken = true;
        return adoptSocket(socket, handler);
      },
    });
  }
  if (isTaken) return;
  // It may be reset before we are done with it.
  socket.on('error', () => {});
  socket.resetAndDestroy();
}

/** One spelling for each address: at a socket for both families, IPv4 looks like IPv6; a link's own has its name after it. */
function plain(address: string): string {
  const [host = address] = address.split('%');
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
}
