import type { PeerOrigin, PeerSource } from '../peer-source.ts';
import { PeerList } from '../policy/peer-list.ts';

export interface PeerPoolOptions {
  readonly sources: readonly PeerSource[];
  /** Time in milliseconds on a clock that never jumps. */
  readonly now: () => number;
}

/** Whoever connects to the peers. */
export interface PeerUser {
  /** There may be someone new to connect to. */
  onPeers(): void;
  /** A source failed, which none should. */
  onError(error: unknown): void;
}

/**
 * The peers that a torrent may have: every source behind one list. Its sources are opened once, though users take turns:
 * first whoever gets the metadata, then whoever downloads.
 */
export class PeerPool {
  readonly list: PeerList = new PeerList();
  readonly #options: PeerPoolOptions;
  readonly #halt = new AbortController();
  #finding: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;
  #user: PeerUser | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: PeerPoolOptions) {
    this.#options = options;
  }

  /** Whether there is no source but peers themselves: no one who could name the first of them. */
  get isEmpty(): boolean {
    return this.#options.sources.every(({ origin }) => origin === 'pex');
  }

  /** Opens the sources, if they are not open, and tells `user` of what they find from now on. */
  open(user: PeerUser): void {
    this.#user = user;
    if (this.#failure !== undefined) user.onError(this.#failure.error);
    this.#finding ??= Promise.all(this.#options.sources.map((source) => this.#find(source)));
  }

  /** There is no one left to connect to. */
  wantMore(): void {
    for (const source of this.#options.sources) source.wantMore();
  }

  /** Everything has been downloaded. */
  completed(): void {
    for (const source of this.#options.sources) source.completed();
  }

  /** Uses peers of these origins only from now on. */
  restrict(origins: readonly PeerOrigin[]): void {
    this.list.restrict(origins);
  }

  /** Ends the search, and waits until it has ended. */
  async halt(): Promise<void> {
    this.#halt.abort();
    await this.#finding;
  }

  /** Ends the search and has every source say goodbye. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.halt().then(async () => {
      await Promise.all(this.#options.sources.map(async (source) => source.stop()));
    });
    return this.#closing;
  }

  /** Takes in what one source finds, until it ends. */
  async #find(source: PeerSource): Promise<void> {
    const { list } = this;
    try {
      for await (const addresses of source.find(this.#halt.signal)) {
        const nowMs = this.#options.now();
        for (const address of addresses) list.add(address, source.origin, nowMs);
        this.#user?.onPeers();
      }
    } catch (error) {
      this.#failure = { error };
      this.#user?.onError(error);
    }
  }
}
