import { setTimeout as realDelay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Timer } from './clock.ts';
import { Heap } from './heap.ts';

interface Entry {
  readonly dueMs: number;
  /** Breaks ties: of two timers due together, the one set first runs first. */
  readonly order: number;
  readonly callback: () => void;
  state: 'pending' | 'done' | 'cancelled';
}

/** Real milliseconds that work in other threads may take while no timer is set. */
const REAL_PATIENCE_MS = 5000;

/**
 * A clock that stands still until it is told to go on.
 *
 * Timers run in the order in which they fall due, each at exactly its own time; those set while others run take part.
 */
export class ManualClock implements Clock {
  #nowMs: number;
  #nextOrder = 0;
  #pendingCount = 0;
  /** A cancelled entry stays until it would have been due. */
  readonly #entries = new Heap<Entry>(
    (one, other) => one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order),
  );

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (Number.isNaN(delayMs)) throw new RangeError('Cannot set timer: the delay is not a number');
    const dueMs = this.#nowMs + Math.max(0, delayMs);
    const entry: Entry = { dueMs, order: this.#nextOrder, callback, state: 'pending' };
    this.#nextOrder += 1;
    this.#pendingCount += 1;
    this.#entries.push(entry);
    return {
      cancel: () => {
        if (entry.state !== 'pending') return;
        entry.state = 'cancelled';
        this.#pendingCount -= 1;
      },
    };
  }

  /** Timers that are set and have neither run nor been cancelled. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** When the next timer falls due, or `undefined` if none is set. */
  get nextDueMs(): number | undefined {
    while (this.#entries.first?.state === 'cancelled') this.#entries.take();
    return this.#entries.first?.dueMs;
  }

  /**
   * Moves the time on by `ms` and runs, in order, whatever falls due.
   *
   * @throws {RangeError} if `ms` is negative: this clock is monotonic.
   */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`Cannot advance clock by ${ms} ms: it must not be negative`);
    const endMs = this.#nowMs + ms;
    for (let dueMs = this.nextDueMs; dueMs !== undefined && dueMs <= endMs; dueMs = this.nextDueMs) {
      this.#nowMs = dueMs;
      this.#runFirst();
    }
    this.#nowMs = endMs;
  }

  /**
   * Runs one timer after the other until `condition` holds, letting promises settle before each of them.
   *
   * What happens in other threads takes no time on this clock: where a test must not overtake such work, it should
   * wait for that work itself.
   *
   * @throws {Error} if it does not hold within `limitMs` of this clock's time (default an hour), or if nothing is left
   * that could bring it about.
   */
  async advanceUntil(condition: () => boolean, limitMs = 3_600_000): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    let idleSince: number | undefined;
    for (;;) {
      await nextTurn();
      if (condition()) return;
      const dueMs = this.nextDueMs;
      if (dueMs === undefined) {
        idleSince ??= performance.now();
        if (performance.now() - idleSince > REAL_PATIENCE_MS) {
          throw new Error(`Cannot reach the condition: at ${this.#nowMs} ms no timer is left`);
        }
        await realDelay(1);
        continue;
      }
      idleSince = undefined;
      if (dueMs > endMs)
        throw new Error(`Cannot reach the condition within ${limitMs} ms of this clock's time`);
      this.#nowMs = dueMs;
      this.#runFirst();
    }
  }

  #runFirst(): void {
    const entry = this.#entries.take();
    if (entry === undefined) return;
    entry.state = 'done';
    this.#pendingCount -= 1;
    entry.callback();
  }
}
