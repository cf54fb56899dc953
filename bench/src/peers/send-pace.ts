/**
 * Sends at a rate, evenly: one packet after the other, as a network card would hand them over. It looks at the clock all
 * the time while something waits, for a timer would bring them in bunches.
 */
export class SendPace {
  readonly #bytesPerMs: number;
  readonly #waiting: { readonly length: number; readonly send: () => void }[] = [];
  #at = 0;
  /** When the next may go. */
  #dueMs = 0;

  /** @param rate - Bytes a second, of all connections together. */
  constructor(rate: number) {
    this.#bytesPerMs = rate / 1000;
  }

  add(length: number, send: () => void): void {
    this.#waiting.push({ length, send });
    if (this.#waiting.length === this.#at + 1) this.#pump();
  }

  readonly #pump = (): void => {
    const nowMs = performance.now();
    const next = this.#waiting[this.#at];
    if (next === undefined) return;
    if (nowMs >= this.#dueMs) {
      this.#at += 1;
      // What it could not send while nothing was asked for is not made up for.
      this.#dueMs = Math.max(this.#dueMs, nowMs - 1) + next.length / this.#bytesPerMs;
      next.send();
      this.#tidy();
    }
    setImmediate(this.#pump);
  };

  #tidy(): void {
    if (this.#at < 1000) return;
    this.#waiting.splice(0, this.#at);
    this.#at = 0;
  }
}
