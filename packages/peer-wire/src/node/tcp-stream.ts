import type { Socket } from 'node:net';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';

/** One read buffer for every connection: `onBytes` consumes it before it returns, so nothing is allocated per read. */
export const readBuffer: Uint8Array = new Uint8Array(256 * 1024);

/** A stream over an open socket. Whoever reads the socket hands over what came: see {@link TcpStream.receive}. */
export class TcpStream implements ByteStream {
  readonly #socket: Socket;
  readonly #handler: ByteStreamHandler;
  /** Set by whatever destroyed the socket, and by nothing after that. */
  #closeReason: unknown;

  constructor(socket: Socket, handler: ByteStreamHandler) {
    this.#socket = socket;
    this.#handler = handler;
    socket.on('drain', () => this.#onDrain());
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
    if (this.#socket.destroyed) return;
    this.#closeReason = reason;
    this.#socket.destroy();
  }

  #onDrain(): void {
    if (this.#socket.destroyed) return;
    try {
      this.#handler.onDrained();
    } catch (error) {
      this.close(error);
    }
  }
}
