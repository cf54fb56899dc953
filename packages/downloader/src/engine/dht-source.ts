import type { InfoHash } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import type { Clock } from '../clock.ts';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';
import { DhtTimes } from '../policy/dht-times.ts';

/** What is needed of a node of the DHT. */
export interface DhtAnnouncer {
  /** Tells of the peers that nodes know, and nodes that we are at `port`, if there is one. */
  announce(
    infoHash: InfoHash,
    options: {
      readonly port: number | undefined;
      readonly seed: boolean;
      readonly onPeer: (peer: PeerAddress) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<unknown>;
}

export interface DhtSourceOptions {
  readonly infoHash: InfoHash;
  /** The port that peers can call; `undefined` if they cannot. */
  readonly port: () => number | undefined;
  /** Makes the node ready; called once, when peers are looked for. */
  readonly open: () => Promise<DhtAnnouncer>;
  /** Lets go of the node, once it was opened. */
  readonly release: () => Promise<void>;
  readonly clock: Clock;
  readonly onEvent: (event: DownloadEvent) => void;
}

/** Addresses that wait to be taken in, of one announce. */
const MAX_WAITING = 1_000;

/** Peers that nodes of the DHT know. Nobody vouches for them. Not for private torrents. */
export class DhtSource implements PeerSource {
  readonly origin = 'dht';
  readonly #options: DhtSourceOptions;
  readonly #times = new DhtTimes();
  #found: PeerAddress[] = [];
  #isSeed = false;
  #isOpened = false;
  /** Ends the waiting. */
  #wake: () => void = () => {};

  constructor(options: DhtSourceOptions) {
    this.#options = options;
  }

  async *find(signal: AbortSignal): AsyncGenerator<readonly PeerAddress[], void, void> {
    const { open, onEvent } = this.#options;
    let node: DhtAnnouncer;
    this.#isOpened = true;
    try {
      node = await open();
    } catch (error) {
      onEvent({ type: 'discoveryFailed', origin: this.origin, error });
      return;
    }
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    let running: Promise<void> | undefined;
    try {
      while (!signal.aborted) {
        if (running === undefined && this.#times.dueMs <= this.#options.clock.now()) {
          running = this.#announce(node, signal).finally(() => {
            running = undefined;
            this.#wake();
          });
        }
        if (this.#found.length > 0) yield this.#found.splice(0);
        else await this.#sleep(running !== undefined);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      await running;
    }
  }

  wantMore(): void {
    const before = this.#times.dueMs;
    this.#times.hurry();
    if (this.#times.dueMs < before) this.#wake();
  }

  completed(): void {
    this.#isSeed = true;
  }

  async stop(): Promise<void> {
    // There is no goodbye: nodes forget us.
    if (this.#isOpened) await this.#options.release();
  }

  async #announce(node: DhtAnnouncer, signal: AbortSignal): Promise<void> {
    const { infoHash, port, clock, onEvent } = this.#options;
    let peers = 0;
    const onPeer = ({ host, port: at }: PeerAddress): void => {
      peers += 1;
      if (this.#found.length < MAX_WAITING) this.#found.push({ host, port: at });
      this.#wake();
    };
    try {
      await node.announce(infoHash, { port: port(), seed: this.#isSeed, onPeer, signal });
      onEvent({ type: 'dhtAnnounced', peers });
    } catch (error) {
      if (signal.aborted) return;
      onEvent({ type: 'discoveryFailed', origin: this.origin, error });
    }
    this.#times.announced(peers, clock.now());
  }

  /** Waits until the next announce is due, or something changes. */
  async #sleep(isAnnouncing: boolean): Promise<void> {
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const waitMs = Math.max(0, this.#times.dueMs - clock.now());
    const timer = isAnnouncing ? undefined : clock.setTimer(waitMs, resolve);
    await promise;
    timer?.cancel();
    this.#wake = () => {};
  }
}
