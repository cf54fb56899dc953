/** What may be sent in all: so many bytes a second, and those of one second at once. */
export class ByteBudget {
  readonly #bytesPerSecond: number;
  #bytes: number;
  #filledMs: number;

  /** @param bytesPerSecond `Infinity` for no bound. */
  constructor(bytesPerSecond: number, nowMs: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#bytes = bytesPerSecond;
    this.#filledMs = nowMs;
  }

  /** Takes `bytes` if they are there and `reserve` bytes stay for others; tells whether it did. */
  take(bytes: number, nowMs: number, reserve = 0): boolean {
    this.#fill(nowMs);
    if (this.#bytes < bytes + Math.min(reserve, this.#bytesPerSecond / 2)) return false;
    this.#bytes -= bytes;
    return true;
  }

  /** When `bytes` will be there, if nobody takes any until then. */
  readyMs(bytes: number, nowMs: number): number {
    this.#fill(nowMs);
    const missing = bytes - this.#bytes;
    return missing <= 0 ? nowMs : nowMs + Math.ceil((missing * 1000) / this.#bytesPerSecond);
  }

  #fill(nowMs: number): void {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return;
    const gained = ((nowMs - this.#filledMs) * this.#bytesPerSecond) / 1000;
    this.#bytes = Math.min(this.#bytesPerSecond, this.#bytes + Math.max(0, gained));
    this.#filledMs = nowMs;
  }
}
