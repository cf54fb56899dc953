import type { PieceLayout } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import type { Clock, Timer } from '../clock.ts';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';
import { PieceBuffers } from '../piece/piece-buffers.ts';
import { BlockPicker } from '../policy/block-picker.ts';
import type { ConnectionLimits } from '../policy/connection-limits.ts';
import { PiecePicker, type PeerKey } from '../policy/piece-picker.ts';
import { NO_STATISTICS, RateMeter, type DownloadPhase, type DownloadStatistics } from '../statistics.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import type { Connection, Dial } from './connector.ts';
import { Crew } from './crew.ts';
import type { Identity } from './introduction.ts';
import { PeerPool } from './peer-pool.ts';
import { PieceKeeper } from './piece-keeper.ts';
import { Watch } from './watch.ts';

export interface TorrentOptions extends Identity {
  /** The info dictionary: given to peers that have none. @defaultValue it is not */
  readonly metadata?: Uint8Array | undefined;
  readonly layout: PieceLayout;
  readonly store: PieceStore;
  /** Where peers come from; a pool that was used for something else before is taken over, and closed in the end. */
  readonly sources: readonly PeerSource[] | PeerPool;
  readonly dial: Dial;
  /** Counts the connections of all torrents. @defaultValue there are no others */
  readonly limits?: ConnectionLimits | undefined;
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Connections kept open at once. */
  readonly maxPeers: number;
  /** Budget for piece buffers, in bytes. */
  readonly memoryBytes: number;
  /** Time allowed for a requested block to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** The pieces to fetch. @defaultValue all */
  readonly wanted?: readonly number[] | undefined;
  readonly onEvent: (event: DownloadEvent) => void;
}

/** Peers that find nothing when memory came free, after which the others need not try: the next tick has them all. */
const MAX_VAIN = 8;
const TICK_MS = 500;

/**
 * Downloads one torrent: sees it from the check to the end, and owns what it is made of. Sessions, timers, sources and
 * the store hand events to its parts. A piece is missing, open, being committed, or had, never two.
 */
export class Torrent {
  /** The peers at work. */
  readonly crew: Crew;
  readonly #options: TorrentOptions;
  readonly #pool: PeerPool;
  readonly #picker: PiecePicker;
  readonly #keeper: PieceKeeper;
  readonly #rate: RateMeter;
  readonly #watch: Watch;
  readonly #startMs: number;
  /** Ends connections. */
  readonly #halt = new AbortController();
  readonly #outcome = Promise.withResolvers<void>();
  #endMs: number | undefined;
  #tickTimer: Timer | undefined;
  #phase: DownloadPhase = 'checking';
  #checkedLength = 0;

  constructor(options: TorrentOptions) {
    const { layout, store, random, wanted, sources, clock } = options;
    const now = (): number => clock.now();
    this.#options = options;
    this.#pool = sources instanceof PeerPool ? sources : new PeerPool({ sources, now });
    this.#picker = new PiecePicker(layout.pieceCount, wanted === undefined ? { random } : { random, wanted });
    const buffers = new PieceBuffers({
      bufferLength: layout.maxPieceLength,
      memoryBytes: options.memoryBytes,
      allocate: (length) => store.allocate(length),
    });
    const parts = { picker: this.#picker, blocks: new BlockPicker(this.#picker, layout, buffers) };
    this.#keeper = new PieceKeeper({
      store,
      layout,
      wanted,
      random,
      ...parts,
      onVerified: (index, contributors) => this.#verified(index, contributors),
      onRejected: (index, length, contributors) => this.#rejected(index, length, contributors),
      onExposed: (index, peers) => this.#exposed(index, peers),
      onError: (error) => this.#outcome.reject(error),
      onRoom: () => this.crew.feedStarved(MAX_VAIN),
    });
    const emit = (event: DownloadEvent): void => this.#emit(event);
    const { signal } = this.#halt;
    this.crew = new Crew({ ...options, ...parts, keeper: this.#keeper, pool: this.#pool, now, signal, emit });
    this.#startMs = now();
    this.#watch = new Watch(TICK_MS, this.#startMs);
    this.#rate = new RateMeter(this.#startMs);
    // Someone waits for it only while downloading.
    this.#outcome.promise.catch(() => {});
  }

  /**
   * Checks what is there, fetches the rest, and lets go of everything, whatever happens.
   *
   * @param ready - What must have come about before peers are looked for; the run rejects as it does.
   * @throws {DownloadError} what the store reports; `NO_SOURCES`. Rejects with the signal's reason when it aborts.
   */
  async run(signal: AbortSignal, ready: Promise<void> = Promise.resolve()): Promise<void> {
    try {
      signal.throwIfAborted();
      await this.#examine(signal);
      if (this.#picker.leftCount > 0) {
        await ready;
        await this.#download(signal);
      }
      await this.#options.store.finish();
      this.#phase = 'complete';
      // To a tracker, completed and nothing left means a seeder: it would send peers who want the rest.
      if (this.#keeper.missingLength === 0) this.#pool.completed();
      this.#emit({ type: 'completed', bytes: this.#keeper.haveLength });
    } finally {
      await this.#close();
    }
  }

  /** Makes our end of a connection that a peer opened; `undefined` if there is no place for it. */
  welcome(address: PeerAddress): Connection | undefined {
    return this.#phase === 'downloading' ? this.crew.welcome(address) : undefined;
  }

  statistics(): DownloadStatistics {
    const { wantedLength: bytesTotal, haveLength: bytesHave, haveCount, wantedCount } = this.#keeper;
    const downloadRate = this.#phase === 'downloading' ? this.#rate.perSecond : 0;
    return {
      phase: this.#phase,
      metadataBytes: 0,
      metadataBytesTotal: undefined,
      bytesTotal,
      bytesHave,
      bytesMissing: this.#keeper.missingLength,
      bytesChecked: this.#checkedLength,
      downloadedBytes: this.crew.downloadedLength,
      wastedBytes: this.crew.wastedLength,
      downloadRate,
      etaMs: downloadRate < 1 ? undefined : ((bytesTotal - bytesHave) / downloadRate) * 1_000,
      peersConnected: this.crew.openCount,
      peersByOrigin: this.crew.openByOrigin,
      peersKnown: this.#pool.list.size,
      piecesHave: haveCount,
      pieceCount: wantedCount,
      durationMs: (this.#endMs ?? this.#options.clock.now()) - this.#startMs,
      restored: NO_STATISTICS.restored, // whoever has the files knows
    };
  }

  /** Returns a byte per piece: 0 missing, 1 on its way, 2 had, 3 neither had nor wanted. A copy. */
  pieceStates(): Uint8Array<ArrayBuffer> {
    return this.#keeper.states();
  }

  async #examine(signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    const onProgress = (checkedLength: number): void => {
      this.#checkedLength = checkedLength;
    };
    for (const index of await store.examine({ signal, onProgress })) this.#keeper.add(index);
    const { haveLength, haveCount, wantedLength, wantedCount } = this.#keeper;
    this.#emit({
      type: 'checked',
      piecesHave: haveCount,
      pieceCount: wantedCount,
      bytesHave: haveLength,
      bytesLeft: wantedLength - haveLength,
      bytesChecked: this.#checkedLength,
    });
  }

  async #download(signal: AbortSignal): Promise<void> {
    if (this.#pool.isEmpty) throw new DownloadError({ code: 'NO_SOURCES' });
    this.#phase = 'downloading';
    this.#watch.start(this.#options.clock.now());
    const onAbort = (): void => this.#outcome.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#pool.open({
      onPeers: () => this.crew.connectMore(TICK_MS),
      onError: (error) => this.#outcome.reject(error),
    });
    this.#tick();
    try {
      await this.#outcome.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#halt.abort();
      await this.#pool.halt();
    }
  }

  #tick(): void {
    const nowMs = this.#options.clock.now();
    this.#tickTimer = this.#options.clock.setTimer(TICK_MS, () => this.#tick());
    try {
      this.#rate.sample(this.crew.downloadedLength, nowMs);
      this.crew.tick(nowMs, this.#watch.wasAway(nowMs), TICK_MS);
    } catch (error) {
      this.#outcome.reject(error); // no one else would catch it: this is a timer's
    }
  }

  #verified(index: number, contributors: ReadonlySet<PeerKey>): void {
    this.crew.verified(index, contributors);
    const bytesLeft = this.#keeper.wantedLength - this.#keeper.haveLength;
    this.#emit({ type: 'pieceVerified', index, bytesLeft });
    if (this.#picker.leftCount === 0) this.#outcome.resolve();
  }

  #rejected(index: number, length: number, contributors: ReadonlySet<PeerKey>): void {
    this.#emit({ type: 'pieceRejected', index, peers: this.crew.rejected(length, contributors) });
    const [culprit, ...others] = contributors;
    // Guilt that is shared proves nothing yet: the next try is from one peer alone, and shows whose blocks were wrong.
    if (culprit !== undefined && others.length === 0) this.crew.ban(culprit, index);
  }

  #exposed(index: number, peers: ReadonlySet<PeerKey>): void {
    for (const key of peers) this.crew.ban(key, index);
  }

  async #close(): Promise<void> {
    this.#halt.abort();
    this.#tickTimer?.cancel();
    if (this.#phase !== 'complete') this.#phase = 'stopped';
    await this.crew.close(this.#halt.signal.reason);
    await this.#keeper.settled();
    this.#endMs = this.#options.clock.now();
    const endings = [this.#options.store.close(), this.#pool.close()];
    await Promise.allSettled(endings);
    await Promise.all(endings);
  }

  /** A listener that throws ends the download, not the peer whose message it was told of. */
  #emit(event: DownloadEvent): void {
    try {
      this.#options.onEvent(event);
    } catch (error) {
      this.#outcome.reject(error);
    }
  }
}
