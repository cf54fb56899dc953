/** A timer that has been set. */
export interface Timer {
  /** Makes sure the callback is not called (any more). */
  cancel(): void;
}

/** Where the engine gets its time from; tests give one that stands still until told. */
export interface Clock {
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  now(): number;
  /** Calls `callback` once, `delayMs` milliseconds from now. */
  setTimer(delayMs: number, callback: () => void): Timer;
}
