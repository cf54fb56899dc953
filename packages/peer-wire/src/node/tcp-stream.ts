import type { Socket } from 'node:net';
import type { ByteStream, ByteStreamHandler } from '../byte-stream.ts';
import { READ_LENGTH, ReadPace } from './read-pace.ts';

/** One read buffer for every connection: `onBytes` consumes it before it returns, so nothing is allocated per read. */
export const readBuffer: Uint8Array = new Uint8Array(READ_LENGTH);

const NOTHING = new Uint8Array(0);

/** A stream over an open socket. Whoever reads the socket hands over what came: see {@link TcpStream.take} and {@link TcpStream.receive}. */
export class TcpStream implements ByteStream {
  readonly #socket: Socket;
  readonly #handler: ByteStreamHandler;
  readonly #pace = new ReadPace();
  #rest: NodeJS.Timeout | undefined;
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
    socket.once('close', () => {
      clearTimeout(this.#rest);
      handler.onClose(this.#closeReason);
    });
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

  /**
   * Takes what was read into the {@link readBuffer}, and rests if that is worth its while. Only sockets that are read that
   * way rest: of others, a pause does not stop the reading.
   */
  take(length: number): void {
    this.receive(readBuffer.subarray(0, length));
    const restMs = this.#pace.restMs(length, performance.now());
    if (restMs === 0 || this.#socket.destroyed) return;
    this.#socket.pause();
    this.#rest = setTimeout(this.#readOn, restMs);
  }

  write(views: readonly Uint8Array[], onSent?: () => void): boolean {
    if (this.#socket.destroyed) return false;
    const last = views.length - 1;
    if (last < 0) return true;
    const done =
      onSent &&
      ((error?: Error | null): void => {
        if (!this.#socket.destroyed && !error) onSent();
      });
    if (last === 0) return this.#socket.write(views[0] ?? NOTHING, done);
    this.#socket.cork();
    let goOn = true;
    for (const [at, view] of views.entries()) goOn = this.#socket.write(view, at === last ? done : undefined);
    this.#socket.uncork();
    return goOn;
  }

  close(reason?: unknown): void {
    if (this.#socket.destroyed) return;
    this.#closeReason = reason;
    this.#socket.destroy();
  }

  /** A field, so that no closure is made per rest. */
  readonly #readOn = (): void => {
    this.#socket.resume();
  };

  #onDrain(): void {
    if (this.#socket.destroyed) return;
    try {
      this.#handler.onDrained();
    } catch (error) {
      this.close(error);
    }
  }
}
