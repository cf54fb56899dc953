import type { Socket } from 'node:dgram';
import { once } from 'node:events';

export interface UdpSocketOptions {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly onPacket: (packet: Uint8Array) => void;
  /** The address refuses, or cannot be reached. */
  readonly onError: (error: Error) => void;
}

/** A socket that is connected to one address: what others send never gets here. */
export class UdpSocket implements AsyncDisposable {
  readonly #socket: Socket;
  #isClosed = false;

  /** @throws {Error} of the system, if there is no way to the address or `localAddress` is not this machine's. */
  static async open(options: UdpSocketOptions): Promise<UdpSocket> {
    const { address, port, localAddress } = options;
    const opened = new UdpSocket(options);
    const socket = opened.#socket;
    try {
      if (localAddress !== undefined) {
        socket.bind({ address: localAddress, port: 0 });
        await once(socket, 'listening');
      }
      socket.connect(port, address);
      await once(socket, 'connect');
    } catch (error) {
      await opened.close();
      throw error;
    }
    socket.on('error', options.onError);
    return opened;
  }

  private constructor({ family, onPacket }: UdpSocketOptions) {
    // Not imported: who asks no UDP tracker need not wait until it is loaded.
    this.#socket = process.getBuiltinModule('node:dgram').createSocket(family === 4 ? 'udp4' : 'udp6');
    // Whoever waits is told; an error that comes when nobody does would end the process.
    this.#socket.on('error', () => {});
    this.#socket.on('message', (packet) => onPacket(packet));
  }

  /** Sends a packet, or tells `onError`. */
  send(packet: Uint8Array): void {
    if (this.#isClosed) return;
    this.#socket.send(packet, (error) => {
      if (error !== null) this.#socket.emit('error', error);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
