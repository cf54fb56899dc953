import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint, Family } from '../endpoint.ts';
import { DhtError } from '../error.ts';
import { formatIp, parseIp } from '../ip-address.ts';
import { formatAddress, type NodeAddress } from './address.ts';

/** A UDP socket at one address of this machine. */
export class UdpPort implements AsyncDisposable {
  readonly family: Family;
  readonly address: NodeAddress;
  readonly #socket: Socket;
  #isClosed = false;

  /**
   * @param onPacket Hears of each packet, which is its to keep.
   * @throws {DhtError} `CANNOT_LISTEN` if the address or port is not to be had.
   */
  static async open(
    { host, port }: NodeAddress,
    onPacket: (packet: Uint8Array, from: Endpoint) => void,
  ): Promise<UdpPort> {
    const family = host.includes(':') ? 6 : 4;
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      // Only addresses are sent to: there is nothing to look up.
      lookup: (address, _options, callback) => callback(null, address, family),
    });
    try {
      // Without a look-up it may listen before bind() has returned.
      const listening = once(socket, 'listening');
      socket.bind({ address: host, port, exclusive: true });
      await listening;
    } catch (error) {
      socket.close();
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new DhtError(
        { code: 'CANNOT_LISTEN', address: formatAddress({ host, port }), reason },
        { cause: error },
      );
    }
    // What the network says about one packet ends nothing.
    socket.on('error', () => {});
    socket.on('message', (packet, { address, port: fromPort }) => {
      const ip = parseIp(withoutZone(address));
      if (ip !== undefined) onPacket(packet, { ip, port: fromPort });
    });
    return new UdpPort(socket, family);
  }

  private constructor(socket: Socket, family: Family) {
    this.#socket = socket;
    this.family = family;
    const { address, port } = socket.address();
    this.address = { host: address, port };
  }

  /** Sends a packet, or loses it: the network may do so, too. */
  send(packet: Uint8Array, { ip, port }: Endpoint): void {
    if (!this.#isClosed) this.#socket.send(packet, port, formatIp(ip), () => {});
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

function withoutZone(address: string): string {
  const at = address.indexOf('%');
  return at < 0 ? address : address.slice(0, at);
}
