import { hasReservedBit, RESERVED_BIT, type Handshake, type PeerMessage } from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';

export interface DhtContactOptions {
  /** Our node's UDP port; `undefined` while there is none. */
  readonly port: () => number | undefined;
  /** Someone may be a node there: ours asks it. */
  readonly onNode: (address: PeerAddress) => void;
  /** Time in milliseconds on a clock that never jumps. */
  readonly now: () => number;
}

/** Nodes asked in a minute because peers said so: no one makes us send packets as they like. */
const MAX_NODES = 30;
const MINUTE_MS = 60_000;

/** What peers and we tell each other of our nodes: `port`, between those who set the DHT's reserved bit. */
export class DhtContact {
  readonly #options: DhtContactOptions;
  #minuteStartMs = -Infinity;
  #count = 0;

  constructor(options: DhtContactOptions) {
    this.#options = options;
  }

  get port(): number | undefined {
    return this.#options.port();
  }

  /** The message that a peer gets which shook hands so; `undefined` if it has no node, or we have none. */
  greeting({ reserved }: Handshake): PeerMessage | undefined {
    const { port } = this;
    if (port === undefined || !hasReservedBit(reserved, RESERVED_BIT.dht)) return undefined;
    return { type: 'port', port };
  }

  /** A peer says that it has a node at this port of its host. */
  told(host: string, port: number): void {
    const { now, onNode } = this.#options;
    const nowMs = now();
    if (nowMs - this.#minuteStartMs >= MINUTE_MS) {
      this.#minuteStartMs = nowMs;
      this.#count = 0;
    }
    if (port === 0 || this.#count >= MAX_NODES) return;
    this.#count += 1;
    onNode({ host, port });
  }
}
