import type { Clock, Timer } from '../clock.ts';
import { RateLimiter } from '../policy/rate-limiter.ts';

/** Time between turns at the least: at high rates many blocks go in each. */
const MIN_WAIT_MS = 10;

/** The topmost limiter of one direction, with a clock: a timer is set while someone waits, and only then. */
export class RateTimer {
  readonly limiter: RateLimiter;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #isClosed = false;

  /** @param bytesPerSecond - More than 0. @defaultValue no limit */
  constructor(clock: Clock, bytesPerSecond?: number) {
    this.#clock = clock;
    this.limiter = new RateLimiter({ bytesPerSecond, onWaiting: () => this.#wait(MIN_WAIT_MS) });
  }

  /**
   * Changes the rate of a limiter, this one or one below it, and serves those who wait.
   *
   * @param bytesPerSecond - Infinite for no limit.
   */
  setRate(limiter: RateLimiter, bytesPerSecond: number): void {
    limiter.setRate(bytesPerSecond, this.#clock.now());
    if (limiter.waitingCount > 0) this.#serve();
  }

  /** Sets no timer any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #serve(): void {
    const waitMs = this.limiter.serve(this.#clock.now());
    if (waitMs !== Infinity) this.#wait(waitMs);
  }

  #wait(waitMs: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(Math.max(waitMs, MIN_WAIT_MS), () => this.#serve());
  }
}
