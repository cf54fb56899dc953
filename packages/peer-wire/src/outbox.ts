import { REQUEST_LENGTH, putRequest } from './encode.ts';
import type { MESSAGE_ID } from './message.ts';

/** Bytes of requests that share one array: half a window of 500, and what one read answers, so that they are one write. */
const BATCH_LENGTH = 320 * REQUEST_LENGTH;

/** Bytes waiting to be written, in order. Requests that follow each other share one array. */
export class Outbox {
  readonly #views: Uint8Array[] = [];
  /** Made for the first request: many peers are never asked. */
  #batch: Uint8Array | undefined;
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
    if (this.#batchLength === BATCH_LENGTH) this.#closeBatch();
    this.#batch ??= new Uint8Array(BATCH_LENGTH);
    putRequest(this.#batch, this.#batchLength, id, index, begin, length);
    this.#batchLength += REQUEST_LENGTH;
  }

  /** Takes everything; the caller owns it. */
  take(): readonly Uint8Array[] {
    this.#closeBatch();
    return this.#views.splice(0);
  }

  #closeBatch(): void {
    if (this.#batch === undefined || this.#batchLength === 0) return;
    this.#views.push(this.#batch.slice(0, this.#batchLength));
    this.#batchLength = 0;
  }
}
