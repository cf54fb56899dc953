import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ByteStreamHandler } from '../byte-stream.ts';
import { concat } from './messages.ts';

/** Keeps what a stream tells. */
export class Recorder implements ByteStreamHandler {
  readonly chunks: Uint8Array[] = [];
  readonly closes: unknown[] = [];
  drainCount = 0;

  get bytes(): Uint8Array {
    return concat(...this.chunks);
  }

  onBytes(chunk: Uint8Array): void {
    this.chunks.push(new Uint8Array(chunk));
  }

  onDrained(): void {
    this.drainCount += 1;
  }

  onClose(reason: unknown): void {
    this.closes.push(reason);
  }
}

/** A server on loopback whose connections a test scripts. */
export class Loopback implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  private constructor(server: Server, onSocket: (socket: Socket) => void) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.push(socket);
      // A test resets connections on purpose.
      socket.on('error', () => {});
      onSocket(socket);
    });
  }

  static async open(onSocket: (socket: Socket) => void, host = '127.0.0.1'): Promise<Loopback> {
    const server = createServer();
    const loopback = new Loopback(server, onSocket);
    server.listen(0, host);
    await once(server, 'listening');
    return loopback;
  }

  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** How many sockets, servers and timers keep the process alive. */
export function handleCount(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(?:TCP|Timeout)/.test(name)).length;
}
