import type { Endpoint } from '../endpoint.ts';
import { encodeQuery } from '../krpc/encode.ts';
import type { KrpcAnswer, KrpcQuery } from '../krpc/message.ts';
import type { RandomBytes } from '../node-id.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { HostLedger } from './host-ledger.ts';
import { Transactions } from './transactions.ts';

/** After this long a query no longer holds others up. */
const SLOW_MS = 1500;
/** After this long nothing more is expected. */
export const QUERY_TIMEOUT_MS = 4000;
/** Queries under way; as many may wait for bandwidth. */
const MAX_QUERIES = 512;

/** What becomes of a query: `onSlow` at most once, then one of the others. */
export interface QueryHandler {
  onAnswer(id: Uint8Array, answer: KrpcAnswer, nowMs: number): void;
  /** @param refusal What the node said, if it said something. */
  onFailure(nowMs: number, refusal?: Refusal): void;
  onSlow?(nowMs: number): void;
}

export interface Refusal {
  readonly errorCode: number;
  readonly reason: string;
}

interface Waiting {
  readonly to: Endpoint;
  readonly query: KrpcQuery;
  readonly handler: QueryHandler;
}

export interface RpcOptions {
  readonly random: RandomBytes;
  readonly send: (packet: Uint8Array, to: Endpoint) => void;
  readonly budget: ByteBudget;
  /** What each host is sent: no one can have us pester another. */
  readonly ledger: HostLedger;
  /** Our own id at the moment. */
  readonly id: () => Uint8Array;
  readonly isReadOnly: boolean;
  /** A query got no answer in time. */
  readonly onTimeout: (to: Endpoint, nowMs: number) => void;
}

/** Sends queries within the bounds of what may be sent, and finds whose answer a packet is. */
export class Rpc {
  readonly #options: RpcOptions;
  readonly #transactions: Transactions<QueryHandler>;
  readonly #waiting: Waiting[] = [];
  readonly #refused: QueryHandler[] = [];
  /** When there are bytes for the first that waits. */
  #readyMs = Number.POSITIVE_INFINITY;
  #sentCount = 0;

  constructor(options: RpcOptions) {
    this.#options = options;
    this.#transactions = new Transactions(options.random);
  }

  get sentCount(): number {
    return this.#sentCount;
  }

  /** Queries that wait for an answer, or to be sent. */
  get pendingCount(): number {
    return this.#transactions.count + this.#waiting.length;
  }

  /** Asks a node, as soon as there is bandwidth. Whatever becomes of it, the handler does not hear before this returns. */
  query(to: Endpoint, query: KrpcQuery, handler: QueryHandler, nowMs: number): void {
    if (this.#waiting.length >= MAX_QUERIES || !this.#options.ledger.admit(to.ip, 0, nowMs)) {
      this.#refused.push(handler);
      this.#readyMs = nowMs;
      return;
    }
    const waiting = { to, query, handler };
    if (this.#waiting.length > 0 || !this.#send(waiting, nowMs)) this.#waiting.push(waiting);
  }

  /** Finds the handler of the query that an answer or error belongs to; the second one for the same query has none. */
  takeHandler(transactionId: Uint8Array, from: Endpoint): QueryHandler | undefined {
    return this.#transactions.take(transactionId, from);
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    for (const handler of this.#refused.splice(0)) handler.onFailure(nowMs);
    for (let slow = this.#takeSlow(nowMs); slow !== undefined; slow = this.#takeSlow(nowMs))
      slow.onSlow?.(nowMs);
    const expiredMs = nowMs - QUERY_TIMEOUT_MS;
    let expired = this.#transactions.takeExpired(expiredMs);
    while (expired !== undefined) {
      this.#options.onTimeout(expired.to, nowMs);
      expired.owner.onFailure(nowMs);
      expired = this.#transactions.takeExpired(expiredMs);
    }
    this.#readyMs = this.#refused.length > 0 ? nowMs : Number.POSITIVE_INFINITY;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (!this.#send(first, nowMs)) return;
      this.#waiting.shift();
    }
  }

  /** When `tick` has something to do. */
  get deadlineMs(): number {
    const transactions = this.#transactions;
    return Math.min(
      transactions.oldestMs + QUERY_TIMEOUT_MS,
      transactions.oldestUnnoticedMs + SLOW_MS,
      this.#readyMs,
    );
  }

  #takeSlow(nowMs: number): QueryHandler | undefined {
    return this.#transactions.takeSlow(nowMs - SLOW_MS);
  }

  #send({ to, query, handler }: Waiting, nowMs: number): boolean {
    const { budget, id, isReadOnly, send } = this.#options;
    // What waits for answers goes on as they come, at a timeout at the latest.
    if (this.#transactions.count >= MAX_QUERIES) return false;
    const transactionId = this.#transactions.drawId();
    const packet = encodeQuery(query, { transactionId, id: id(), isReadOnly });
    if (!budget.take(packet.length, nowMs)) {
      this.#readyMs = Math.min(this.#readyMs, budget.readyMs(packet.length, nowMs));
      return false;
    }
    this.#sentCount += 1;
    this.#transactions.open(transactionId, to, handler, nowMs);
    send(packet, to);
    return true;
  }
}
