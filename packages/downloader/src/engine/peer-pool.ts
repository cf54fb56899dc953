import type { PeerOrigin, PeerSource } from '../peer-source.ts';
import { PeerList } from '../policy/peer-list.ts';

export interface PeerPoolOptions {
  readonly sources: readonly PeerSource[];
  /** Whether the torrent is private: only {@link PRIVATE_ORIGINS} are used, whatever sources there are. @defaultValue false */
  readonly isPrivate?: boolean;
  /** Time in milliseconds on a clock that never jumps. */
  readonly now: () => number;
  /** Told of what sources find: addresses, and how many of them are new. */
  readonly onFound?: (origin: PeerOrigin, peers: number, newPeers: number) => void;
}

/** Whoever connects to the peers. */
export interface PeerUser {
  /** There may be someone new to connect to. */
  onPeers(): void;
  /** A source failed, which none should. */
  onError(error: unknown): void;
}

/**
 * Where peers of a private torrent may come from: its trackers, and whoever runs us.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0027.html | BEP 27}
 */
const PRIVATE_ORIGINS: readonly PeerOrigin[] = ['given', 'tracker'];

/** A source that is used, and what ends the search in it. */
interface OpenSource {
  readonly source: PeerSource;
  readonly halt: AbortController;
  /** The search, once it has begun. */
  finding?: Promise<void>;
}

/**
 * The peers that a torrent may have: every source behind one list. Its sources are opened once, though users take turns:
 * first whoever gets the metadata, then whoever downloads. What a private torrent may use is decided here and nowhere else.
 */
export class PeerPool {
  readonly list: PeerList = new PeerList();
  readonly #options: PeerPoolOptions;
  #sources: readonly OpenSource[];
  /** Searches, and goodbyes of sources that are not used any more. */
  readonly #finding = new Set<Promise<void>>();
  #isOpen = false;
  #closing: Promise<void> | undefined;
  #user: PeerUser | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: PeerPoolOptions) {
    this.#options = options;
    this.#sources = options.sources.map((source) => ({ source, halt: new AbortController() }));
    if (options.isPrivate === true) this.goPrivate();
  }

  /** Whether there is no source but peers themselves: no one who could name the first of them. */
  get isEmpty(): boolean {
    return this.#sources.every(({ source }) => source.origin === 'pex');
  }

  /** Opens the sources, if they are not open, and tells `user` of what they find from now on. */
  open(user: PeerUser): void {
    this.#user = user;
    if (this.#failure !== undefined) user.onError(this.#failure.error);
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const open of this.#sources) {
      open.finding = this.#find(open.source, open.halt.signal);
      this.#keep(open.finding);
    }
  }

  /** There is no one left to connect to. */
  wantMore(): void {
    for (const { source } of this.#sources) source.wantMore();
  }

  /** Everything has been downloaded. */
  completed(): void {
    for (const { source } of this.#sources) source.completed();
  }

  /** The torrent is private: what it may not use ends at once, and what came of it is forgotten. */
  goPrivate(): void {
    this.list.restrict(PRIVATE_ORIGINS);
    const isAllowed = ({ source }: OpenSource): boolean => PRIVATE_ORIGINS.includes(source.origin);
    for (const { source, halt, finding } of this.#sources.filter((other) => !isAllowed(other))) {
      halt.abort();
      if (finding !== undefined) this.#keep(finding.then(async () => source.stop()));
    }
    this.#sources = this.#sources.filter((other) => isAllowed(other));
  }

  /** Ends the search, and waits until it has ended. */
  async halt(): Promise<void> {
    for (const { halt } of this.#sources) halt.abort();
    await Promise.all(this.#finding);
  }

  /** Ends the search and has every source say goodbye. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.halt().then(async () => {
      await Promise.all(this.#sources.map(async ({ source }) => source.stop()));
    });
    return this.#closing;
  }

  #keep(running: Promise<void>): void {
    const kept = running.finally(() => this.#finding.delete(kept));
    this.#finding.add(kept);
  }

  /** Takes in what one source finds, until it ends. */
  async #find(source: PeerSource, signal: AbortSignal): Promise<void> {
    const { list } = this;
    const { now, onFound } = this.#options;
    try {
      for await (const addresses of source.find(signal)) {
        const nowMs = now();
        let newPeers = 0;
        for (const address of addresses) if (list.add(address, source.origin, nowMs)) newPeers += 1;
        onFound?.(source.origin, addresses.length, newPeers);
        this.#user?.onPeers();
      }
    } catch (error) {
      this.#failure = { error };
      this.#user?.onError(error);
    }
  }
}
