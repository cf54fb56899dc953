export interface ConnectionLimitsOptions {
  /** Connections of all torrents together. @defaultValue 200 */
  readonly maxConnections?: number | undefined;
  /** Connections with one address. This machine's own may have any number. @defaultValue 3 */
  readonly maxPerAddress?: number | undefined;
  /** Connections with one network: 256 addresses of IPv4, a /64 of IPv6. @defaultValue 20 */
  readonly maxPerNetwork?: number | undefined;
}

export const DEFAULT_MAX_CONNECTIONS = 200;
/** Share of all connections that only we may open: whoever floods us cannot keep us from those we choose. */
const RESERVED_SHARE = 0.2;

/**
 * Counts the connections of a process, and says whether one more may be taken. What we open ourselves counts for
 * everything and is bounded by the total alone: lists of peers have bounds of their own.
 */
export class ConnectionLimits {
  readonly #maxConnections: number;
  readonly #maxIncoming: number;
  readonly #maxPerAddress: number;
  readonly #maxPerNetwork: number;
  readonly #byAddress = new Map<string, number>();
  readonly #byNetwork = new Map<string, number>();
  #count = 0;
  #incomingCount = 0;

  constructor(options: ConnectionLimitsOptions = {}) {
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    this.#maxIncoming = Math.max(1, Math.floor(this.#maxConnections * (1 - RESERVED_SHARE)));
    this.#maxPerAddress = options.maxPerAddress ?? 3;
    this.#maxPerNetwork = options.maxPerNetwork ?? 20;
  }

  /** Connections that are open, or being opened. */
  get count(): number {
    return this.#count;
  }

  /** How many we may open. */
  get room(): number {
    return Math.max(0, this.#maxConnections - this.#count);
  }

  /** Whether all that others may open are taken. */
  get isFullForIncoming(): boolean {
    return this.#incomingCount >= this.#maxIncoming || this.room === 0;
  }

  /** Whether someone at an address has as many connections as one may have. */
  isCrowded(host: string): boolean {
    if (isOwnMachine(host)) return false;
    const atAddress = this.#byAddress.get(host) ?? 0;
    const atNetwork = this.#byNetwork.get(networkOf(host)) ?? 0;
    return atAddress >= this.#maxPerAddress || atNetwork >= this.#maxPerNetwork;
  }

  /** A connection is taken, or being opened. */
  opened(host: string, isIncoming: boolean): void {
    this.#count += 1;
    if (isIncoming) this.#incomingCount += 1;
    add(this.#byAddress, host, 1);
    add(this.#byNetwork, networkOf(host), 1);
  }

  /** One that was told to {@link opened} is no more. */
  closed(host: string, isIncoming: boolean): void {
    this.#count -= 1;
    if (isIncoming) this.#incomingCount -= 1;
    add(this.#byAddress, host, -1);
    add(this.#byNetwork, networkOf(host), -1);
  }
}

function isOwnMachine(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

/** The first three numbers of an IPv4 address, the first four groups of an IPv6 one. */
function networkOf(host: string): string {
  if (!host.includes(':')) return host.slice(0, host.lastIndexOf('.'));
  const [head = '', tail] = host.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
