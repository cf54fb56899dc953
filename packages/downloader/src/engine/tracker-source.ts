import type { AnnounceEvent, AnnounceRequest, AnnounceResponse, PeerAddress } from '@millrace/tracker-client';
import type { Clock } from '../clock.ts';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';
import { AnnounceSchedule, type DueAnnounce } from '../policy/announce-schedule.ts';

/** Announces to one tracker: the way to the network. */
export type Announce = (
  tracker: string,
  request: AnnounceRequest,
  options: { readonly signal: AbortSignal },
) => Promise<AnnounceResponse>;

export interface TrackerSourceOptions {
  readonly tiers: readonly (readonly string[])[];
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
const STOP_MS = 5_000;

/** Peers from a torrent's trackers, asked again and again. */
export class TrackerSource implements PeerSource {
  readonly origin = 'tracker';
  readonly #options: TrackerSourceOptions;
  readonly #schedule: AnnounceSchedule;
  readonly #trackerIds = new Map<string, Uint8Array>();
  /** Ends the waiting between announces. */
  #wake: () => void = () => {};
  /** The tracker whose answer we did not wait for: it may know of us. */
  #interrupted: string | undefined;

  constructor(options: TrackerSourceOptions) {
    this.#options = options;
    this.#schedule = new AnnounceSchedule(options);
  }

  async *find(signal: AbortSignal): AsyncGenerator<readonly PeerAddress[], void, void> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    while (!signal.aborted && !this.#schedule.isEmpty) {
      const due = this.#schedule.next(this.#options.clock.now());
      if (due === undefined) await this.#sleep(signal);
      else yield await this.#announce(due, signal);
    }
    signal.removeEventListener('abort', onAbort);
  }

  wantMore(): void {
    const { clock } = this.#options;
    const before = this.#schedule.dueMs;
    if (this.#schedule.hurry(clock.now()) < before) this.#wake();
  }

  completed(): void {
    this.#schedule.complete(this.#options.clock.now());
    this.#wake();
  }

  async stop(): Promise<void> {
    const known = this.#schedule.stop();
    const trackers = this.#interrupted === undefined ? known : [...new Set([...known, this.#interrupted])];
    const deadline = new AbortController();
    const timer = this.#options.clock.setTimer(STOP_MS, () => deadline.abort());
    await Promise.allSettled(trackers.map((tracker) => this.#sayGoodbye(tracker, known, deadline.signal)));
    timer.cancel();
  }

  async #sayGoodbye(tracker: string, known: readonly string[], signal: AbortSignal): Promise<void> {
    const { announce } = this.#options;
    // Seeding is over before it began: who counts completed downloads is told both at once.
    if (this.#schedule.owesCompleted && known.includes(tracker)) {
      await announce(tracker, this.#request('completed', tracker), { signal });
    }
    await announce(tracker, this.#request('stopped', tracker), { signal });
  }

  async #announce(due: DueAnnounce, signal: AbortSignal): Promise<readonly PeerAddress[]> {
    const { announce, clock, onEvent } = this.#options;
    const { tracker } = due;
    let response: AnnounceResponse;
    try {
      response = await announce(tracker, this.#request(due.event, tracker), { signal });
    } catch (error) {
      if (signal.aborted) {
        this.#interrupted = tracker;
        return [];
      }
      const retryMs = this.#schedule.failed(clock.now());
      onEvent({ type: 'announceFailed', tracker, error, retryMs });
      return [];
    }
    this.#schedule.succeeded(due, response, clock.now());
    if (response.externalAddress !== undefined) this.#options.onExternalAddress?.(response.externalAddress);
    if (response.trackerId !== undefined) this.#trackerIds.set(tracker, response.trackerId);
    onEvent({ type: 'announced', tracker, peers: response.peers.length, warning: response.warning });
    return response.peers;
  }

  #request(event: AnnounceEvent | undefined, tracker: string): AnnounceRequest {
    const trackerId = this.#trackerIds.get(tracker);
    const request = this.#options.request(event);
    return trackerId === undefined ? request : { ...request, trackerId };
  }

  /** Waits until the next announce is due, or something changes. */
  async #sleep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(Math.max(0, this.#schedule.dueMs - clock.now()), resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
      if (signal.aborted) this.#wake();
    });
    this.#wake = () => {};
  }
}
