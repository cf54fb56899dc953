import { sameBytes, toKey } from '../bytes.ts';
import { type HostKey, hostKey, isLocalIp } from '../endpoint.ts';
import { KRPC_ERROR, type KrpcItem } from '../krpc/message.ts';
import type { Refusal } from '../traffic/rpc.ts';

/** How many values a node stores for others. */
export interface ItemStoreLimits {
  /** Values in all, each of at most 1000 bytes. @defaultValue 700 */
  readonly maxItems?: number;
  /** Values that one host may have put. @defaultValue 50 */
  readonly maxItemsPerHost?: number;
  /** How long a value is kept that is not put again, in milliseconds. BEP 44 allows for 2 hours. @defaultValue 2 hours */
  readonly maxAgeMs?: number;
}

interface Stored {
  readonly item: KrpcItem;
  readonly host: HostKey;
  readonly putMs: number;
}

/** Values that were put to us, signed ones and others. It is full at a fixed size: what was put longest ago gives way. */
export class ItemStore {
  readonly #limits: Required<ItemStoreLimits>;
  /** In the order in which they were put. */
  readonly #items = new Map<string, Stored>();
  readonly #hosts = new Map<HostKey, Set<string>>();

  constructor({ maxItems = 700, maxItemsPerHost = 50, maxAgeMs = 2 * 3_600_000 }: ItemStoreLimits = {}) {
    this.#limits = { maxItems, maxItemsPerHost, maxAgeMs };
  }

  get size(): number {
    return this.#items.size;
  }

  get(target: Uint8Array): KrpcItem | undefined {
    return this.#items.get(toKey(target))?.item;
  }

  /**
   * Tells why a signed value must not take the place of what is there; `undefined` if it may.
   *
   * @see {@link https://www.bittorrent.org/beps/bep_0044.html | BEP 44, errors}
   */
  conflict(target: Uint8Array, item: KrpcItem, cas: bigint | undefined): Refusal | undefined {
    const known = this.get(target);
    if (known?.mutable === undefined || item.mutable === undefined) return undefined;
    const { sequence } = known.mutable;
    if (cas !== undefined && cas !== sequence) {
      return { errorCode: KRPC_ERROR.casMismatch, reason: `sequence number is ${sequence}` };
    }
    const isRenewal = item.mutable.sequence === sequence && sameBytes(item.value, known.value);
    if (item.mutable.sequence > sequence || isRenewal) return undefined;
    return { errorCode: KRPC_ERROR.sequenceTooLow, reason: `sequence number is ${sequence}` };
  }

  /** Stores a value that was checked, or renews it. */
  put(target: Uint8Array, item: KrpcItem, ip: Uint8Array, nowMs: number): void {
    const key = toKey(target);
    this.#remove(key);
    const host = hostKey(ip);
    this.#items.set(key, { item, host, putMs: nowMs });
    const keys = this.#hosts.get(host) ?? new Set();
    this.#hosts.set(host, keys);
    keys.add(key);
    if (keys.size > this.#limits.maxItemsPerHost && !isLocalIp(ip))
      for (const oldest of keys) return this.#remove(oldest);
    if (this.#items.size > this.#limits.maxItems)
      for (const oldest of this.#items.keys()) return this.#remove(oldest);
  }

  /** Throws out what is too old. */
  sweep(nowMs: number): void {
    for (const [key, { putMs }] of this.#items) {
      if (nowMs - putMs < this.#limits.maxAgeMs) return;
      this.#remove(key);
    }
  }

  #remove(key: string): void {
    const stored = this.#items.get(key);
    if (stored === undefined) return;
    this.#items.delete(key);
    const keys = this.#hosts.get(stored.host);
    keys?.delete(key);
    if (keys?.size === 0) this.#hosts.delete(stored.host);
  }
}
