/** What late timers may be made up for, in milliseconds: no timer is as fine as a fast link. */
const BURST_MS = 50;

/** Spreads what several connections send, so that together they keep to one rate, each in its turn. */
export class RateLimit {
  readonly #bytesPerMs: number;
  #freeAtMs: number;

  /** @throws {RangeError} if `bytesPerSecond` is not above 0. */
  constructor(bytesPerSecond: number, nowMs: number) {
    if (!(bytesPerSecond > 0)) {
      throw new RangeError(`Cannot limit to ${bytesPerSecond} bytes per second: it must be above 0`);
    }
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#freeAtMs = nowMs;
  }

  /** Accounts for bytes that are sent now. Answers when the one who sent them may go on. */
  pay(length: number, nowMs: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs - BURST_MS) + length / this.#bytesPerMs;
    return this.#freeAtMs;
  }
}
