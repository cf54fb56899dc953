import { type Endpoint, sameEndpoint } from '../endpoint.ts';
import type { RandomBytes } from '../node-id.ts';

/** Bytes of our transaction ids: 2^32 of them cannot be guessed in the time of one. */
const ID_LENGTH = 4;

/** A query that waits for its answer. */
interface Pending<T> {
  readonly to: Endpoint;
  readonly sentMs: number;
  readonly owner: T;
  isOpen: boolean;
}

/**
 * Remembers what was asked of whom. An answer counts only if it has the transaction id and comes from where the query
 * went: whoever forges one must guess both.
 */
export class Transactions<T> {
  readonly #random: RandomBytes;
  /** In the order of sending, which is that of falling due: all have the same time. */
  readonly #pending = new Map<number, Pending<T>>();
  /** Those not yet named slow, in the same order. */
  readonly #unnoticed: Pending<T>[] = [];

  constructor(random: RandomBytes) {
    this.#random = random;
  }

  get count(): number {
    return this.#pending.size;
  }

  /** Draws an id that no open query has. */
  drawId(): Uint8Array<ArrayBuffer> {
    for (;;) {
      const id = Uint8Array.from(this.#random(ID_LENGTH));
      if (!this.#pending.has(keyOf(id))) return id;
    }
  }

  /** Notes a query that is being sent with an id that was drawn for it. */
  open(id: Uint8Array, to: Endpoint, owner: T, nowMs: number): void {
    const pending: Pending<T> = { to, owner, sentMs: nowMs, isOpen: true };
    this.#pending.set(keyOf(id), pending);
    this.#unnoticed.push(pending);
  }

  /** Returns, once, the owner of the query that an answer belongs to. */
  take(id: Uint8Array, from: Endpoint): T | undefined {
    if (id.length !== ID_LENGTH) return undefined;
    const pending = this.#pending.get(keyOf(id));
    if (pending === undefined || !sameEndpoint(pending.to, from)) return undefined;
    this.#close(keyOf(id), pending);
    return pending.owner;
  }

  /** Takes out one that was sent at `sentMs` or before. */
  takeExpired(sentMs: number): { readonly to: Endpoint; readonly owner: T } | undefined {
    for (const [key, pending] of this.#pending) {
      if (pending.sentMs > sentMs) return undefined;
      this.#close(key, pending);
      return pending;
    }
    return undefined;
  }

  /** Names, once each, one that was sent at `sentMs` or before and is still waited for. */
  takeSlow(sentMs: number): T | undefined {
    const first = this.#firstUnnoticed();
    if (first === undefined || first.sentMs > sentMs) return undefined;
    this.#unnoticed.shift();
    return first.owner;
  }

  /** When the oldest was sent. */
  get oldestMs(): number {
    for (const { sentMs } of this.#pending.values()) return sentMs;
    return Number.POSITIVE_INFINITY;
  }

  /** When the oldest of those was sent that were not yet named slow. */
  get oldestUnnoticedMs(): number {
    return this.#firstUnnoticed()?.sentMs ?? Number.POSITIVE_INFINITY;
  }

  #firstUnnoticed(): Pending<T> | undefined {
    while (this.#unnoticed[0]?.isOpen === false) this.#unnoticed.shift();
    return this.#unnoticed[0];
  }

  #close(key: number, pending: Pending<T>): void {
    this.#pending.delete(key);
    pending.isOpen = false;
  }
}

function keyOf(id: Uint8Array): number {
  return ((id[0] ?? 0) << 24) | ((id[1] ?? 0) << 16) | ((id[2] ?? 0) << 8) | (id[3] ?? 0);
}
