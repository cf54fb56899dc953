import { connect, type Socket } from 'node:net';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';
import { PeerWireError } from '../error.ts';

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

/** One read buffer for every outgoing connection: `onBytes` consumes it before it returns, so nothing is allocated per read. */
const readBuffer = new Uint8Array(256 * 1024);

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
          stream?.receive(readBuffer.subarray(0, length));
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
      timeoutMs,
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

/** Makes a stream of a socket that someone else opened, such as one that a server accepted. */
export function tcpStream(socket: Socket, handler: ByteStreamHandler): ByteStream {
  const stream = new TcpStream(socket, handler);
  socket.on('data', (chunk: Uint8Array) => stream.receive(chunk));
  return stream;
}

class TcpStream implements ByteStream {
  readonly #socket: Socket;
  readonly #handler: ByteStreamHandler;
  #closeReason: unknown;

  constructor(socket: Socket, handler: ByteStreamHandler) {
    this.#socket = socket;
    this.#handler = handler;
    socket.on('drain', () => handler.onDrained());
    // Without this listener a reset by the peer would end the process; 'close' follows and reports it.
    socket.on('error', (error) => {
      this.#closeReason ??= error;
    });
    socket.once('close', () => handler.onClose(this.#closeReason));
    socket.once('end', () => socket.destroy());
  }

  receive(chunk: Uint8Array): void {
    if (this.#socket.destroyed) return;
    try {
      this.#handler.onBytes(chunk);
    } catch (error) {
      this.close(error);
    }
  }

  write(views: readonly Uint8Array[]): boolean {
    if (this.#socket.destroyed) return false;
    const [first] = views;
    if (first === undefined) return true;
    if (views.length === 1) return this.#socket.write(first);
    this.#socket.cork();
    let goOn = true;
    for (const view of views) goOn = this.#socket.write(view);
    this.#socket.uncork();
    return goOn;
  }

  close(reason?: unknown): void {
    this.#closeReason ??= reason;
    this.#socket.destroy();
  }
}
