import { delaysAfter, retryAfter, type AnnounceIntervals } from './announce-delay.ts';

/** What is remembered of one tracker. Times are in milliseconds on the caller's clock. */
export interface TrackerRecord {
  readonly tracker: string;
  /** Whether it answered to `started`, and whether it has heard of the end of the download. */
  isStarted: boolean;
  isTold: boolean;
  failureCount: number;
  /** It is not asked before, since it failed. */
  retryMs: number;
}

/**
 * Trackers of which one is asked at a time, in order, until one answers: a torrent's tiers, or a single tracker. Those
 * that answer come first in their tier.
 */
export class AnnounceLane {
  readonly #tiers: TrackerRecord[][];
  readonly #random: () => number;
  #asked: TrackerRecord | undefined;
  /** No announce at the usual interval, and none because peers are wanted, before these times. */
  #restMs = 0;
  #leastMs = 0;
  #isComplete = false;

  constructor(tiers: readonly (readonly string[])[], random: () => number) {
    this.#random = random;
    this.#tiers = tiers.map((tier) =>
      tier.map((tracker) => ({ tracker, isStarted: false, isTold: false, failureCount: 0, retryMs: 0 })),
    );
  }

  get records(): readonly TrackerRecord[] {
    return this.#tiers.flat();
  }

  /** When there is one to ask; infinite while one is being asked, or if none is left. */
  get dueMs(): number {
    if (this.#asked !== undefined) return Number.POSITIVE_INFINITY;
    const times = this.records.map((record) =>
      this.owes(record) ? record.retryMs : Math.max(record.retryMs, this.#restMs),
    );
    return Math.min(...times);
  }

  /** Takes the tracker to ask now, until its outcome is told. */
  next(nowMs: number): TrackerRecord | undefined {
    if (this.#asked !== undefined) return undefined;
    const ready = this.records.filter(({ retryMs }) => retryMs <= nowMs);
    const owed = ready.find((record) => this.owes(record));
    this.#asked = owed ?? (nowMs < this.#restMs ? undefined : ready[0]);
    return this.#asked;
  }

  /** Whether another tracker is waiting to be asked, should `record` fail. */
  hasOther(record: TrackerRecord, nowMs: number): boolean {
    return this.records.some((other) => other !== record && other.retryMs <= nowMs);
  }

  succeeded(record: TrackerRecord, intervals: AnnounceIntervals, nowMs: number): void {
    this.#asked = undefined;
    record.failureCount = 0;
    record.retryMs = 0;
    const tier = this.#tiers.find((members) => members.includes(record));
    tier?.splice(tier.indexOf(record), 1);
    tier?.unshift(record);
    const { intervalMs, leastMs } = delaysAfter(intervals, this.#random);
    this.#restMs = nowMs + intervalMs;
    this.#leastMs = nowMs + leastMs;
  }

  failed(record: TrackerRecord, error: unknown, nowMs: number): void {
    this.#asked = undefined;
    record.failureCount += 1;
    const pauseMs = retryAfter(error, record.failureCount, this.#random);
    if (pauseMs === 'never') {
      for (const tier of this.#tiers) if (tier.includes(record)) tier.splice(tier.indexOf(record), 1);
    } else {
      record.retryMs = nowMs + pauseMs;
    }
  }

  hurry(nowMs: number): void {
    this.#restMs = Math.min(this.#restMs, Math.max(nowMs, this.#leastMs));
  }

  complete(): void {
    this.#isComplete = true;
  }

  /** Whether the end of the download is still to be told to a tracker that knows of us. */
  owes(record: TrackerRecord): boolean {
    return this.#isComplete && record.isStarted && !record.isTold;
  }
}
