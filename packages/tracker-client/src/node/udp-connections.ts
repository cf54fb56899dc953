import type { UdpConnection } from '../udp/udp-exchange.ts';

/** Connections that trackers gave, by the two addresses they hold between; the oldest are given up for new ones. */
export class UdpConnections {
  readonly #maxCount: number;
  readonly #connections = new Map<string, UdpConnection>();

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  get(key: string): UdpConnection | undefined {
    return this.#connections.get(key);
  }

  /** Remembers a connection, or forgets it. */
  set(key: string, connection: UdpConnection | undefined): void {
    this.#connections.delete(key);
    if (connection === undefined) return;
    this.#connections.set(key, connection);
    const [oldest] = this.#connections.keys();
    if (this.#connections.size > this.#maxCount && oldest !== undefined) this.#connections.delete(oldest);
  }
}
