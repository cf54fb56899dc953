import { type Endpoint, type HostKey, hostKey } from '../endpoint.ts';
import type { Contact } from '../node-id.ts';

/** A moment before every other; a whole number, unlike -Infinity, which takes V8 more memory. */
const NEVER_MS: number = -1_000_000_000;
/** BEP 5: a node is good for so long after it answered, or asked something. */
export const GOOD_MS: number = 15 * 60_000;
/** BEP 5: "Nodes become bad when they fail to respond to multiple queries in a row." */
const BAD_FAILURES = 2;

/** BEP 5's states of a node. */
export type NodeStatus = 'good' | 'questionable' | 'bad';

/** A node in the table, and what is known of it. */
export class TableNode implements Contact {
  readonly id: Uint8Array;
  readonly endpoint: Endpoint;
  readonly host: HostKey;
  #answeredMs = NEVER_MS;
  #askedUsMs = NEVER_MS;
  #failures = 0;

  constructor({ id, endpoint }: Contact) {
    this.id = id;
    this.endpoint = endpoint;
    this.host = hostKey(endpoint.ip);
  }

  answered(nowMs: number): void {
    this.#answeredMs = nowMs;
    this.#failures = 0;
  }

  askedUs(nowMs: number): void {
    this.#askedUsMs = nowMs;
  }

  failed(): void {
    this.#failures += 1;
  }

  /** Whether it ever answered: those that did not are never named to others. */
  get hasAnswered(): boolean {
    return this.#answeredMs !== NEVER_MS;
  }

  get seenMs(): number {
    return Math.max(this.#answeredMs, this.#askedUsMs);
  }

  status(nowMs: number): NodeStatus {
    if (this.#failures >= BAD_FAILURES) return 'bad';
    return this.hasAnswered && this.#failures === 0 && nowMs - this.seenMs < GOOD_MS
      ? 'good'
      : 'questionable';
  }
}
