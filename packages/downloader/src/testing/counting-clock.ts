import type { Clock, Timer } from '../clock.ts';

/** A clock that counts the timers that are set on it and neither ran nor were cancelled. */
export class CountingClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get timerCount(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const end = (): void => void this.#timers.delete(timer);
    const inner = this.#clock.setTimer(delayMs, () => {
      end();
      callback();
    });
    const timer: Timer = {
      cancel: () => {
        end();
        inner.cancel();
      },
    };
    this.#timers.add(timer);
    return timer;
  }
}
