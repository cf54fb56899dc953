/** Bytes that one read takes at most. */
export const READ_LENGTH: number = 256 * 1024;

/** A read this long is worth its while. */
const LONG_READ_LENGTH = READ_LENGTH / 2;
/** In bytes a millisecond, 4 MiB/s: whoever sends less seldom sends much in the time of a rest. */
const MIN_RATE = (4 * 1024 ** 2) / 1000;
const MAX_REST_MS = 4;
/** Bytes that the system may hold for us meanwhile. */
const MAX_WAITING_LENGTH = 1024 ** 2;
/** Time over which a rate means something. */
const ROUND_MS = 32;

/**
 * Decides when to read on. Who sends quickly, but a few packets at a time, would otherwise wake this process for each of
 * them: at a gigabit several thousand times a second. After a rest, one read takes in what came meanwhile.
 */
export class ReadPace {
  #sinceMs = -Infinity;
  #length = 0;
  /** In bytes a millisecond. */
  #rate = 0;

  /** Learns of a read. Returns how long to wait with the next, in whole milliseconds. */
  restMs(length: number, nowMs: number): number {
    this.#length += length;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs >= ROUND_MS) {
      this.#rate = this.#length / elapsedMs;
      this.#length = 0;
      this.#sinceMs = nowMs;
    }
    if (length >= LONG_READ_LENGTH || this.#rate < MIN_RATE) return 0;
    return Math.min(MAX_REST_MS, Math.floor(MAX_WAITING_LENGTH / this.#rate));
  }
}
