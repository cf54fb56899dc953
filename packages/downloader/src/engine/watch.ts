/** Share of the tick by which it may be late before what peers sent may lie unread. */
const LATE = 1.5;
/** Late ticks in a row for which peers are excused: where every one is late, they are what is usual. */
const MAX_EXCUSES = 4;
/** Ticks of which none came: the event loop stood still, or the machine slept. That excuses always. */
const GAP = 20;

/** Notices when we were away: the event loop busy, or the machine asleep. Then peers are blamed for nothing so far. */
export class Watch {
  readonly #tickMs: number;
  #lastMs: number;
  #lateCount = 0;

  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs;
    this.#lastMs = nowMs;
  }

  /** Begins to count from now on. */
  start(nowMs: number): void {
    this.#lastMs = nowMs;
  }

  /** A tick came. Answers whether we were away before it. */
  wasAway(nowMs: number): boolean {
    const ticks = (nowMs - this.#lastMs) / this.#tickMs;
    this.#lastMs = nowMs;
    this.#lateCount = ticks > LATE ? this.#lateCount + 1 : 0;
    return ticks > GAP || (this.#lateCount > 0 && this.#lateCount <= MAX_EXCUSES);
  }
}
