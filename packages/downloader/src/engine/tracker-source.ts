import {
  AnnounceSchedule,
  type AnnounceEvent,
  type AnnounceRequest,
  type AnnounceResponse,
  type DueAnnounce,
  type Farewell,
  type PeerAddress,
} from '@millrace/tracker-client';
import type { Clock } from '../clock.ts';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';

/** Announces to one tracker: the way to the network. */
export type Announce = (
  tracker: string,
  request: AnnounceRequest,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
) => Promise<AnnounceResponse>;

export interface TrackerSourceOptions {
  readonly tiers: readonly (readonly string[])[];
  /** Whether every tracker is asked, not one at a time. @defaultValue false */
  readonly announceToAll?: boolean | undefined;
  readonly announce: Announce;
  /** Makes the request, with the counters as they are now. */
  readonly request: (event: AnnounceEvent | undefined) => AnnounceRequest;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onEvent: (event: DownloadEvent) => void;
  /** Told the address at which a tracker sees us. {@link https://www.bittorrent.org/beps/bep_0024.html | BEP 24} */
  readonly onExternalAddress?: (host: string) => void;
}

/** Time that goodbyes may take, in milliseconds. */
const STOP_MS = 3_000;
/** Time for a tracker while nobody has answered yet, and others wait. */
const URGENT_TIMEOUT_MS = 10_000;
/** Announces at once. */
const MAX_ANNOUNCES = 16;
/** Longest wait of a timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Peers from a torrent's trackers, asked again and again. */
export class TrackerSource implements PeerSource {
  readonly origin = 'tracker';
  readonly #options: TrackerSourceOptions;
  readonly #schedule: AnnounceSchedule;
  readonly #trackerIds = new Map<string, Uint8Array>();
  readonly #running = new Set<Promise<void>>();
  #found: (readonly PeerAddress[])[] = [];
  #broken: { readonly error: unknown } | undefined;
  /** Ends the waiting between announces. */
  #wake: () => void = () => {};

  constructor(options: TrackerSourceOptions) {
    this.#options = options;
    this.#schedule = new AnnounceSchedule(options);
  }

  async *find(signal: AbortSignal): AsyncGenerator<readonly PeerAddress[], void, void> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    while (!signal.aborted && !this.#schedule.isEmpty) {
      this.#announceDue(signal);
      await this.#sleep(signal);
      if (this.#broken !== undefined) throw this.#broken.error;
      const found = this.#found;
      this.#found = [];
      yield* found;
    }
    await Promise.all(this.#running);
    signal.removeEventListener('abort', onAbort);
  }

  wantMore(): void {
    const { clock } = this.#options;
    const before = this.#schedule.dueMs;
    if (this.#schedule.hurry(clock.now()) < before) this.#wake();
  }

  completed(): void {
    this.#schedule.complete();
    this.#wake();
  }

  async stop(): Promise<void> {
    const deadline = new AbortController();
    const timer = this.#options.clock.setTimer(STOP_MS, () => deadline.abort());
    const farewells = this.#schedule.stop();
    await Promise.allSettled(farewells.map((farewell) => this.#sayGoodbye(farewell, deadline.signal)));
    timer.cancel();
  }

  async #sayGoodbye({ tracker, owesCompleted }: Farewell, signal: AbortSignal): Promise<void> {
    const { announce } = this.#options;
    // Seeding is over before it began: who counts completed downloads is told both at once.
    if (owesCompleted) await announce(tracker, this.#request('completed', tracker), { signal });
    await announce(tracker, this.#request('stopped', tracker), { signal });
  }

  #announceDue(signal: AbortSignal): void {
    while (this.#running.size < MAX_ANNOUNCES) {
      const due = this.#schedule.next(this.#options.clock.now());
      if (due === undefined) return;
      const running = this.#announce(due, signal)
        .catch((error: unknown) => {
          this.#broken = { error };
        })
        .finally(() => {
          this.#running.delete(running);
          this.#wake();
        });
      this.#running.add(running);
    }
  }

  async #announce(due: DueAnnounce, signal: AbortSignal): Promise<void> {
    const { announce, clock, onEvent } = this.#options;
    const { tracker } = due;
    const options = due.isUrgent ? { signal, timeoutMs: URGENT_TIMEOUT_MS } : { signal };
    let response: AnnounceResponse;
    try {
      response = await announce(tracker, this.#request(due.event, tracker), options);
    } catch (error) {
      // Its outcome is not known: it hears the goodbye.
      if (signal.aborted) return;
      const retryMs = this.#schedule.failed(due, error, clock.now());
      onEvent({ type: 'announceFailed', tracker, error, retryMs });
      return;
    }
    this.#schedule.succeeded(due, response, clock.now());
    if (response.externalAddress !== undefined) this.#options.onExternalAddress?.(response.externalAddress);
    if (response.trackerId !== undefined) this.#trackerIds.set(tracker, response.trackerId);
    onEvent({ type: 'announced', tracker, peers: response.peers.length, warning: response.warning });
    this.#found.push(response.peers);
  }

  #request(event: AnnounceEvent | undefined, tracker: string): AnnounceRequest {
    const trackerId = this.#trackerIds.get(tracker);
    const request = this.#options.request(event);
    return trackerId === undefined ? request : { ...request, trackerId };
  }

  /** Waits until the next announce is due, or something changes. */
  async #sleep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (signal.aborted || this.#found.length > 0 || this.#broken !== undefined) resolve();
    const isFull = this.#running.size >= MAX_ANNOUNCES;
    const dueMs = isFull ? Number.POSITIVE_INFINITY : this.#schedule.dueMs;
    const waitMs = Math.min(Math.max(0, dueMs - clock.now()), MAX_TIMER_MS);
    const timer = dueMs === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(waitMs, resolve);
    await promise;
    timer?.cancel();
    this.#wake = () => {};
  }
}
