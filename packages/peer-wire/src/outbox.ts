import { REQUEST_LENGTH, putRequest } from './encode.ts';
import type { MESSAGE_ID } from './message.ts';

/** Bytes of requests that share one array: half a window of 500, and what one read answers, so that they are one write. */
const BATCH_LENGTH = 320 * REQUEST_LENGTH;
/** At first: many peers are asked for little at a time, or never. */
const FIRST_BATCH_LENGTH = 20 * REQUEST_LENGTH;
const NO_BATCH = new Uint8Array(0);

/** Bytes waiting to be written, in order. Requests that follow each other share one array. */
export class Outbox {
  readonly #views: Uint8Array[] = [];
  /** Grows as far as it is needed. */
  #batch = NO_BATCH;
  #batchLength = 0;

  get isEmpty(): boolean {
    return this.#batchLength === 0 && this.#views.length === 0;
  }

  /** Queues an encoded message, which then belongs to the outbox. */
  push(bytes: Uint8Array): void {
    this.#closeBatch();
    this.#views.push(bytes);
  }

  /** Queues a `request` or `cancel`; only one in many allocates. @throws {RangeError} if a number does not fit. */
  putRequest(
    id: typeof MESSAGE_ID.request | typeof MESSAGE_ID.cancel,
    index: number,
    begin: number,
    length: number,
  ): void {
    if (this.#batchLength === this.#batch.length) this.#makeRoom();
    putRequest(this.#batch, this.#batchLength, id, index, begin, length);
    this.#batchLength += REQUEST_LENGTH;
  }

  /** Takes everything; the caller owns it. */
  take(): readonly Uint8Array[] {
    this.#closeBatch();
    return this.#views.splice(0);
  }

  #makeRoom(): void {
    const before = this.#batch;
    if (before.length === BATCH_LENGTH) this.#closeBatch();
    else {
      this.#batch = new Uint8Array(Math.min(Math.max(2 * before.length, FIRST_BATCH_LENGTH), BATCH_LENGTH));
      this.#batch.set(before);
    }
  }

  #closeBatch(): void {
    if (this.#batchLength === 0) return;
    this.#views.push(this.#batch.slice(0, this.#batchLength));
    this.#batchLength = 0;
  }
}
