import { BLOCK_LENGTH } from '@millrace/metainfo';

/** Time for which a bucket may fill while no one takes from it: what may then go at once. */
const BURST_MS = 250;
/** The same where tokens were given back: they had been counted as gone. */
const GIVEN_BACK_MS = 1_000;

/**
 * Counts how many bytes may go at a rate. It is empty at first, and fills as time passes, until a block and what goes in
 * a quarter of a second are in it: so nothing is lost when one who waits for a block comes that late. What is longer than
 * a block may go when a block may; then the bucket is in debt.
 */
export class TokenBucket {
  #bytesPerSecond: number;
  #tokens = 0;
  #filledMs: number | undefined;

  /** @param bytesPerSecond - More than 0, or infinite. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = requireRate(bytesPerSecond);
  }

  /** Infinite if there is no limit. */
  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Changes the rate. What had come together by then stays, as far as the new rate lets it. */
  setRate(bytesPerSecond: number, nowMs: number): void {
    requireRate(bytesPerSecond);
    this.#fill(nowMs);
    if (this.#bytesPerSecond === Infinity) this.#tokens = 0;
    this.#bytesPerSecond = bytesPerSecond;
    this.#tokens = Math.min(this.#tokens, this.#capacity);
    this.#filledMs = nowMs;
  }

  /** Time until so many bytes may go, in milliseconds; 0 if they may now. */
  waitMs(length: number, nowMs: number): number {
    if (this.#bytesPerSecond === Infinity) return 0;
    this.#fill(nowMs);
    const lacking = Math.min(length, BLOCK_LENGTH) - this.#tokens;
    return lacking <= 0 ? 0 : (lacking / this.#bytesPerSecond) * 1_000;
  }

  /** Takes so many bytes, whether or not they are there. */
  take(length: number): void {
    if (this.#bytesPerSecond !== Infinity) this.#tokens -= length;
  }

  /** Takes bytes back that did not go after all; no more than go in a second. */
  giveBack(length: number): void {
    if (this.#bytesPerSecond === Infinity) return;
    const most = Math.max(this.#capacity, (this.#bytesPerSecond * GIVEN_BACK_MS) / 1_000, this.#tokens);
    this.#tokens = Math.min(this.#tokens + length, most);
  }

  get #capacity(): number {
    return (this.#bytesPerSecond * BURST_MS) / 1_000 + BLOCK_LENGTH;
  }

  #fill(nowMs: number): void {
    const elapsedMs = nowMs - (this.#filledMs ?? nowMs);
    this.#filledMs = nowMs;
    if (elapsedMs <= 0 || this.#tokens >= this.#capacity) return;
    this.#tokens = Math.min(this.#tokens + (this.#bytesPerSecond * elapsedMs) / 1_000, this.#capacity);
  }
}

function requireRate(bytesPerSecond: number): number {
  if (bytesPerSecond > 0) return bytesPerSecond;
  throw new RangeError(
    `Cannot limit the rate to ${bytesPerSecond} bytes a second: it must be more than 0, or infinite`,
  );
}
