/** Bytes that one read takes at most. */
export const READ_LENGTH: number = 256 * 1024;

/** A read this long is worth its while. */
const LONG_READ_LENGTH = READ_LENGTH / 2;
/** Time over which a rate means something. */
const ROUND_MS = 32;
/** Fewer shorter reads in a round are ends of what was asked for: after them nothing comes. */
const MIN_SHORT_READS = 4;
/** In bytes a millisecond, 4 MiB/s: who sends more slowly sends little in the time of a rest. */
const MIN_RATE = (4 * 1024 ** 2) / 1000;
const MAX_REST_MS = 4;
/** Bytes that the system may hold for us meanwhile. */
const MAX_WAITING_LENGTH = 1024 ** 2;

/**
 * Decides when to read on. Who sends quickly, but a few packets at a time, would otherwise wake this process for each of
 * them: at a gigabit several thousand times a second. After a rest, one read takes in what came meanwhile.
 */
export class ReadPace {
  /** Of this round. */
  #sinceMs = -Infinity;
  #length = 0;
  #shortReads = 0;
  /** As the last round showed. */
  #restMs = 0;

  /** Learns of a read. Returns how long to wait with the next, in whole milliseconds. */
  restMs(length: number, nowMs: number): number {
    const isShort = length < LONG_READ_LENGTH;
    this.#length += length;
    if (isShort) this.#shortReads += 1;
    if (nowMs - this.#sinceMs >= ROUND_MS) this.#endRound(nowMs);
    return isShort ? this.#restMs : 0;
  }

  #endRound(nowMs: number): void {
    const rate = this.#length / (nowMs - this.#sinceMs);
    const isWorthwhile = rate >= MIN_RATE && this.#shortReads >= MIN_SHORT_READS;
    this.#restMs = isWorthwhile ? Math.min(MAX_REST_MS, Math.floor(MAX_WAITING_LENGTH / rate)) : 0;
    this.#sinceMs = nowMs;
    this.#length = 0;
    this.#shortReads = 0;
  }
}
