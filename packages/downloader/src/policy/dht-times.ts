/** How often a torrent is announced: nodes forget it after half an hour. */
const REGULAR_MS = 15 * 60_000;
/** Wait after an announce that found no one, or failed, if peers are wanted; it doubles each time. */
const FIRST_RETRY_MS = 5_000;
/** The least wait when it did find someone, and more are wanted. */
const LEAST_MS = 2 * 60_000;

/** Decides when a torrent is announced in the DHT: each time nodes are asked for peers, too. */
export class DhtTimes {
  #dueMs = 0;
  #earliestMs = 0;
  #emptyCount = 0;

  /** When the next announce is due. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** An announce is over; it met so many peers. */
  announced(peerCount: number, nowMs: number): void {
    this.#emptyCount = peerCount === 0 ? this.#emptyCount + 1 : 0;
    const retryMs = peerCount === 0 ? FIRST_RETRY_MS * 2 ** (this.#emptyCount - 1) : LEAST_MS;
    this.#dueMs = nowMs + REGULAR_MS;
    this.#earliestMs = nowMs + Math.min(retryMs, REGULAR_MS);
  }

  /** Peers are wanted: it is due as soon as manners allow. */
  hurry(): void {
    this.#dueMs = Math.min(this.#dueMs, this.#earliestMs);
  }
}
