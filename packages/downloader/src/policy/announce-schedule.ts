import type { AnnounceEvent } from '@millrace/tracker-client';

export interface AnnounceScheduleOptions {
  /** Tracker URLs by tier, as the torrent lists them. */
  readonly tiers: readonly (readonly string[])[];
  /** A number from 0 up to 1, drawn to shuffle each tier. */
  readonly random: () => number;
}

/** What a tracker asked for in its answer, in milliseconds. */
export interface AnnounceIntervals {
  readonly intervalMs: number;
  readonly minIntervalMs?: number | undefined;
}

/** An announce to make now. */
export interface DueAnnounce {
  readonly tracker: string;
  readonly event: AnnounceEvent | undefined;
}

const MIN_INTERVAL_MS = 60_000;
const MAX_INTERVAL_MS = 24 * 3_600_000;
/** Waiting time after every tracker failed for the first time in a row; it doubles with each. */
const FIRST_RETRY_MS = 15_000;
const LAST_RETRY_MS = 30 * 60_000;

/**
 * Decides which tracker to announce to, when, and with which event. Tiers are tried in order, the trackers of a tier in
 * a shuffled order in which those that answer come first. A tracker hears `started` once, `completed` at most once and
 * only after `started`, and nothing after `stopped`. Keeps no sockets and no clock.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0012.html | BEP 12, multitracker metadata extension}
 */
export class AnnounceSchedule {
  readonly #tiers: string[][];
  readonly #started = new Set<string>();
  /** The tracker that is asked next, as a place in `#tiers`. */
  #tier = 0;
  #place = 0;
  #failedRounds = 0;
  #dueMs = 0;
  #earliestMs = 0;
  #completed: 'not yet' | 'due' | 'told' = 'not yet';

  constructor({ tiers, random }: AnnounceScheduleOptions) {
    this.#tiers = tiers.map((tier) => shuffled([...new Set(tier)], random)).filter((tier) => tier.length > 0);
  }

  get isEmpty(): boolean {
    return this.#tiers.length === 0;
  }

  /** When the next announce is due, in milliseconds on the caller's clock. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** Returns the announce to make now, `undefined` if none is due. Tell its outcome before asking again. */
  next(nowMs: number): DueAnnounce | undefined {
    const tracker = this.#tiers[this.#tier]?.[this.#place];
    if (tracker === undefined || nowMs < this.#dueMs) return undefined;
    return { tracker, event: this.#eventFor(tracker) };
  }

  /** The tracker answered: it comes first in its tier, and is asked again when it said. */
  succeeded(due: DueAnnounce, intervals: AnnounceIntervals, nowMs: number): void {
    this.#started.add(due.tracker);
    if (due.event === 'completed') this.#completed = 'told';
    const tier = this.#tiers[this.#tier] ?? [];
    tier.splice(tier.indexOf(due.tracker), 1);
    tier.unshift(due.tracker);
    this.#tier = 0;
    this.#place = 0;
    this.#failedRounds = 0;
    const intervalMs = Math.min(Math.max(intervals.intervalMs, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
    this.#dueMs = nowMs + intervalMs;
    this.#earliestMs = nowMs + Math.min(Math.max(intervals.minIntervalMs ?? 0, MIN_INTERVAL_MS), intervalMs);
    if (this.#completed === 'due') this.#dueMs = nowMs;
  }

  /**
   * The tracker failed: the next one is asked at once; after the last, all rest before the first is asked again.
   *
   * @returns How long until the next announce, in milliseconds.
   */
  failed(nowMs: number): number {
    this.#place += 1;
    if (this.#place >= (this.#tiers[this.#tier]?.length ?? 0)) {
      this.#place = 0;
      this.#tier += 1;
    }
    if (this.#tier >= this.#tiers.length) {
      this.#tier = 0;
      this.#dueMs = nowMs + Math.min(FIRST_RETRY_MS * 2 ** this.#failedRounds, LAST_RETRY_MS);
      this.#earliestMs = this.#dueMs;
      this.#failedRounds += 1;
    }
    return Math.max(0, this.#dueMs - nowMs);
  }

  /** More peers are wanted: the next announce is due as soon as the tracker allows. Answers when that is. */
  hurry(nowMs: number): number {
    this.#dueMs = Math.min(this.#dueMs, Math.max(nowMs, this.#earliestMs));
    return this.#dueMs;
  }

  /** The download is complete: a tracker that knows of us is told so now. */
  complete(nowMs: number): void {
    if (this.#completed !== 'not yet') return;
    this.#completed = 'due';
    const current = this.#tiers[this.#tier]?.[this.#place];
    if (current !== undefined && this.#started.has(current)) this.#dueMs = Math.min(this.#dueMs, nowMs);
  }

  /** Whether the end of the download is still to be told. */
  get owesCompleted(): boolean {
    return this.#completed === 'due';
  }

  /** Every tracker that was told `started`: whom to tell `stopped`. */
  stop(): readonly string[] {
    const started = [...this.#started];
    this.#started.clear();
    this.#tiers.length = 0;
    return started;
  }

  #eventFor(tracker: string): AnnounceEvent | undefined {
    if (!this.#started.has(tracker)) return 'started';
    return this.#completed === 'due' ? 'completed' : undefined;
  }
}

function shuffled(items: readonly string[], random: () => number): string[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
