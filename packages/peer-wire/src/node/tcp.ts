import { connect, type Socket } from 'node:net';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';
import { PeerWireError } from '../error.ts';
import { TcpStream, readBuffer } from './tcp-stream.ts';

/** Where a peer listens. `host` is an address or a name, IPv6 without brackets. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

export interface ConnectOptions {
  /** Time allowed to connect, in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** Local address to connect from. */
  readonly localAddress?: string;
  /** Gives up connecting; afterwards the stream belongs to the caller and the signal is not looked at again. */
  readonly signal?: AbortSignal;
}

/** A timer asked for more would fire at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/**
 * Connects to a peer over TCP. After it resolves, `handler` is told bytes, drains and, once, the close.
 *
 * @throws {PeerWireError} `NOT_CONNECTED` (with the system's error as `cause`), `TIMED_OUT`.
 */
export async function connectTcp(
  address: TcpAddress,
  handler: ByteStreamHandler,
  options: ConnectOptions = {},
): Promise<ByteStream> {
  const { timeoutMs = 10_000, signal } = options;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    let stream: TcpStream | undefined;
    const socket = connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          stream?.take(length);
          return true;
        },
      },
    });
    const giveUp = (reason: unknown): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(reason);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    const onError = (cause: Error): void => giveUp(new PeerWireError({ code: 'NOT_CONNECTED' }, { cause }));
    const timer = setTimeout(
      () => giveUp(new PeerWireError({ code: 'TIMED_OUT', phase: 'connecting', idleMs: timeoutMs })),
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      stream = new TcpStream(socket, handler);
      resolve(stream);
    });
  });
}

/** Makes a stream of an open socket that no one else uses, such as one that a server accepted. */
export function tcpStream(socket: Socket, handler: ByteStreamHandler): ByteStream {
  const stream = new TcpStream(socket, handler);
  socket.setNoDelay(true);
  // A view of it, for a Buffer must not leave the adapter.
  socket.on('data', ({ buffer, byteOffset, length }: Uint8Array) =>
    stream.receive(new Uint8Array(buffer, byteOffset, length)),
  );
  return stream;
}
