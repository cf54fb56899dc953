import type { AnnounceEvent } from '../announce.ts';
import type { AnnounceIntervals } from './announce-delay.ts';
import { AnnounceLane, type TrackerRecord } from './announce-lane.ts';

export interface AnnounceScheduleOptions {
  /** Tracker URLs by tier, as the torrent lists them. One that is listed again counts where it is first. */
  readonly tiers: readonly (readonly string[])[];
  /** Whether every tracker is asked, each at its own interval, instead of one at a time. @defaultValue false */
  readonly announceToAll?: boolean | undefined;
  /** A number from 0 up to 1, drawn to shuffle each tier and to spread announces in time. */
  readonly random: () => number;
}

/** An announce to make now. */
export interface DueAnnounce {
  readonly tracker: string;
  readonly event: AnnounceEvent | undefined;
  /** Whether nobody has answered yet and others wait for this one to fail: it should not be given long. */
  readonly isUrgent: boolean;
}

/** Whom to say goodbye to. */
export interface Farewell {
  readonly tracker: string;
  /** Whether it is to be told `completed` before `stopped`. */
  readonly owesCompleted: boolean;
}

/**
 * Decides which tracker to announce to, when, and with which event. Tiers are tried in order, the trackers of a tier in
 * a shuffled order in which those that answer come first; with `announceToAll` each tracker goes its own way. A tracker
 * hears `started` until it answers, `completed` at most once and only after `started`, and nothing after `stopped`.
 * Those that fail are left alone for growing times, or as long as they say; for good if they say never (BEP 31), if
 * they answer with 404 or 410, or if their URL cannot work. Keeps no sockets and no clock: times are in milliseconds on
 * the caller's.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0012.html | BEP 12, multitracker metadata extension}
 */
export class AnnounceSchedule {
  #lanes: readonly AnnounceLane[];
  readonly #asked = new Map<string, { readonly lane: AnnounceLane; readonly record: TrackerRecord }>();
  #hasAnswered = false;

  constructor({ tiers, announceToAll = false, random }: AnnounceScheduleOptions) {
    const seen = new Set<string>();
    const unique = tiers.map((tier) =>
      tier.filter((tracker) => !seen.has(tracker) && seen.add(tracker) !== undefined),
    );
    const order = unique.map((tier) => shuffled(tier, random));
    const lanes = announceToAll ? order.flat().map((tracker) => [[tracker]]) : [order];
    this.#lanes = lanes.map((lane) => new AnnounceLane(lane, random));
  }

  /** Whether no tracker is left to ask. */
  get isEmpty(): boolean {
    return this.#lanes.every(({ records }) => records.length === 0);
  }

  /** When the next announce is due; infinite while each waits for an outcome, and if none is left. */
  get dueMs(): number {
    return Math.min(...this.#lanes.map(({ dueMs }) => dueMs));
  }

  /** Takes an announce to make now, `undefined` if none is due. Every one that is taken needs its outcome told. */
  next(nowMs: number): DueAnnounce | undefined {
    for (const lane of this.#lanes) {
      const record = lane.next(nowMs);
      if (record === undefined) continue;
      const { tracker } = record;
      this.#asked.set(tracker, { lane, record });
      const isUrgent = !this.#hasAnswered && lane.hasOther(record, nowMs);
      return { tracker, event: eventFor(record, lane), isUrgent };
    }
    return undefined;
  }

  /** The tracker answered: it comes first in its tier, and is asked again when it said. */
  succeeded({ tracker, event }: DueAnnounce, intervals: AnnounceIntervals, nowMs: number): void {
    const { lane, record } = this.#take(tracker);
    this.#hasAnswered = true;
    record.isStarted = true;
    if (event === 'completed') record.isTold = true;
    lane.succeeded(record, intervals, nowMs);
  }

  /**
   * The tracker failed with `error`: the next one is asked at once, this one after a while or never.
   *
   * @returns How long until the next announce in its place, in milliseconds; infinite if there is none.
   */
  failed({ tracker }: DueAnnounce, error: unknown, nowMs: number): number {
    const { lane, record } = this.#take(tracker);
    lane.failed(record, error, nowMs);
    return Math.max(0, lane.dueMs - nowMs);
  }

  /** More peers are wanted: announces are due as soon as the trackers allow. Answers when the next is. */
  hurry(nowMs: number): number {
    for (const lane of this.#lanes) lane.hurry(nowMs);
    return this.dueMs;
  }

  /** The download is complete: every tracker that knows of us is told so now. */
  complete(): void {
    for (const lane of this.#lanes) lane.complete();
  }

  /** Ends the schedule. Answers with every tracker that knows of us, or may since its answer was not waited for. */
  stop(): readonly Farewell[] {
    const known = this.#lanes.flatMap((lane) =>
      lane.records
        .filter((record) => record.isStarted || this.#asked.has(record.tracker))
        .map((record) => ({ tracker: record.tracker, owesCompleted: lane.owes(record) })),
    );
    this.#lanes = [];
    this.#asked.clear();
    return known;
  }

  #take(tracker: string): { readonly lane: AnnounceLane; readonly record: TrackerRecord } {
    const asked = this.#asked.get(tracker);
    if (asked === undefined) throw new TypeError('Cannot tell an outcome: this tracker was not due');
    this.#asked.delete(tracker);
    return asked;
  }
}

function eventFor(record: TrackerRecord, lane: AnnounceLane): AnnounceEvent | undefined {
  if (!record.isStarted) return 'started';
  return lane.owes(record) ? 'completed' : undefined;
}

function shuffled(items: readonly string[], random: () => number): string[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
