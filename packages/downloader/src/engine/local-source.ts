import type { InfoHash } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';
import { PeerInbox } from './peer-inbox.ts';

/** Announces torrents to the local network, and hears who else has them: what `LocalDiscovery` does. */
export interface Neighbourhood {
  join(infoHash: InfoHash, onPeer: (peer: PeerAddress) => void): { hurry(): void; leave(): void };
}

export interface LocalSourceOptions {
  readonly infoHash: InfoHash;
  /** Makes it ready; called once, when peers are looked for. */
  readonly open: () => Promise<Neighbourhood>;
  /** Lets go of it, once it was opened. */
  readonly release: () => Promise<void>;
  readonly onEvent: (event: DownloadEvent) => void;
}

/** Peers of the local network, which have to announce themselves. Not for private torrents. */
export class LocalSource implements PeerSource {
  readonly origin = 'lan';
  readonly #options: LocalSourceOptions;
  readonly #inbox = new PeerInbox();
  #hurry: () => void = () => {};
  #isOpened = false;

  constructor(options: LocalSourceOptions) {
    this.#options = options;
  }

  async *find(signal: AbortSignal): AsyncGenerator<readonly PeerAddress[], void, void> {
    const { infoHash, open, onEvent } = this.#options;
    let neighbourhood: Neighbourhood;
    this.#isOpened = true;
    try {
      neighbourhood = await open();
    } catch (error) {
      onEvent({ type: 'discoveryFailed', origin: this.origin, error });
      return;
    }
    if (signal.aborted) return;
    const stay = neighbourhood.join(infoHash, (peer) => this.#inbox.put(peer));
    this.#hurry = () => stay.hurry();
    try {
      yield* this.#inbox.take(signal);
    } finally {
      stay.leave();
    }
  }

  wantMore(): void {
    this.#hurry();
  }

  completed(): void {
    // Neighbours are told that we are here, not what we have.
  }

  async stop(): Promise<void> {
    // There is no goodbye: neighbours notice.
    if (this.#isOpened) await this.#options.release();
  }
}
