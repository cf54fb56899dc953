/** A timer that has been set. */
export interface Timer {
  /** Keeps the callback from running; does nothing if it ran already. */
  cancel(): void;
}

/** Where the helpers here take the time from; the engine's own clock port has this shape. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Runs `callback` once, `delayMs` milliseconds from now, never before this call returns. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** The machine's own monotonic clock. */
export const realClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs);
    return {
      cancel() {
        clearTimeout(timeout);
      },
    };
  },
};
