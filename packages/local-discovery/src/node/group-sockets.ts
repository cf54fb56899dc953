import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { LocalGroup } from '../announce.ts';
import type { OwnAddress } from './own-networks.ts';

export interface GroupSocketsOptions {
  readonly group: LocalGroup;
  readonly onDatagram: (datagram: Uint8Array, host: string) => void;
  /** An interface cannot be used; others go on. */
  readonly onError: (error: unknown) => void;
}

/** Announces stay in the network they are sent to. */
const HOPS = 1;

/** The sockets of one group: one that hears it on every interface, and one to speak from for each. */
export class GroupSockets {
  readonly group: LocalGroup;
  readonly #options: GroupSocketsOptions;
  readonly #hearing: Socket;
  readonly #speaking = new Map<string, Socket>();
  #isClosed = false;

  /** @throws {Error} of the system, if the group's port cannot be shared. */
  static async open(options: GroupSocketsOptions): Promise<GroupSockets> {
    const { address, family, port } = options.group;
    const hearing = createSocket({ type: family === 4 ? 'udp4' : 'udp6', reuseAddr: true });
    // What is sent to this machine alone is not heard where the system can tell: anyone on the Internet could send that.
    hearing.bind({ port, ...(process.platform === 'win32' ? {} : { address }) });
    try {
      await once(hearing, 'listening');
    } catch (error) {
      hearing.close();
      throw error;
    }
    return new GroupSockets(options, hearing);
  }

  private constructor(options: GroupSocketsOptions, hearing: Socket) {
    this.group = options.group;
    this.#options = options;
    this.#hearing = hearing;
    hearing.on('error', options.onError);
    hearing.on('message', (datagram, { address }) => options.onDatagram(datagram, address));
  }

  /** Hears and speaks on these interfaces from now on, on no others. */
  async use(own: readonly OwnAddress[]): Promise<void> {
    for (const [address, socket] of this.#speaking) {
      if (own.some((other) => other.address === address)) continue;
      this.#speaking.delete(address);
      // The system left the group when the interface went away.
      socket.close();
    }
    for (const speaker of own) if (!this.#speaking.has(speaker.address)) await this.#add(speaker);
  }

  send(datagrams: readonly Uint8Array[]): void {
    const { address, port } = this.group;
    for (const socket of this.#speaking.values()) {
      for (const datagram of datagrams) {
        socket.send(datagram, port, address, (error) => {
          if (error !== null) this.#options.onError(error);
        });
      }
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([this.#hearing, ...this.#speaking.values()].map(closed));
  }

  async #add({ family, address, interfaceName }: OwnAddress): Promise<void> {
    const { onError } = this.#options;
    const multicastInterface = family === 4 ? address : `::%${interfaceName}`;
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    try {
      socket.bind({ address, port: 0 });
      await once(socket, 'listening');
      socket.setMulticastInterface(multicastInterface);
      socket.setMulticastTTL(HOPS);
      this.#hearing.addMembership(this.group.address, multicastInterface);
    } catch (error) {
      // It is a member since the interface was here before.
      if (!isMemberAlready(error)) {
        socket.close();
        onError(error);
        return;
      }
    }
    socket.on('error', onError);
    this.#speaking.set(address, socket);
  }
}

function isMemberAlready(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'EADDRINUSE' &&
    'syscall' in error &&
    error.syscall === 'addMembership'
  );
}

async function closed(socket: Socket): Promise<void> {
  const done = once(socket, 'close');
  socket.close();
  await done;
}
