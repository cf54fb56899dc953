import type { PeerAddress } from '@millrace/tracker-client';
import type { Timer } from '../clock.ts';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import { PieceBuffers } from '../piece/piece-buffers.ts';
import { BlockPicker } from '../policy/block-picker.ts';
import { RateLimiter } from '../policy/rate-limiter.ts';
import { PiecePicker, type PeerKey } from '../policy/piece-picker.ts';
import type { DownloadStatistics } from '../statistics.ts';
import type { Connection } from './connector.ts';
import { Crew } from './crew.ts';
import { PeerPool } from './peer-pool.ts';
import { PieceKeeper } from './piece-keeper.ts';
import type { TorrentOptions } from './torrent-options.ts';
import { TorrentProgress } from './torrent-progress.ts';
import { SendBuffers } from './upload/send-buffers.ts';
import { SuperSeed } from './upload/super-seed.ts';
import { Uploads } from './upload/uploads.ts';
import { Watch } from './watch.ts';

/** Memory for blocks on their way to peers, in bytes. */
const SEND_MEMORY_BYTES = 16 * 1024 * 1024;

const TICK_MS = 500;

/**
 * Downloads and gives one torrent: sees it from the check to the end, and owns what it is made of. Sessions, timers, sources and
 * the store hand events to its parts. A piece is missing, open, being committed, or had, never two.
 */
export class Torrent {
  /** The peers at work. */
  readonly crew: Crew;
  readonly #options: TorrentOptions;
  readonly #pool: PeerPool;
  readonly #picker: PiecePicker;
  readonly #keeper: PieceKeeper;
  readonly #progress: TorrentProgress;
  readonly #watch: Watch;
  /** Ends connections. */
  readonly #halt = new AbortController();
  readonly #outcome = Promise.withResolvers<void>();
  #tickTimer: Timer | undefined;
  #isFetching = false;
  readonly #uploadLimiter: RateLimiter;
  readonly #uploads: Uploads;

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
      onRoom: (begunMs) => this.crew.starved.onRoom(begunMs),
    });
    const emit = (event: DownloadEvent): void => this.#emit(event);
    const { signal } = this.#halt;
    this.#uploadLimiter = options.uploadLimiter ?? new RateLimiter();
    this.#uploads = new Uploads({
      layout,
      store,
      have: this.#keeper.have,
      buffers: options.sendBuffers ?? new SendBuffers(SEND_MEMORY_BYTES),
      limiter: this.#uploadLimiter,
      now,
      onLost: (index) => this.#lost(index),
    });
    this.crew = new Crew({
      ...options,
      ...parts,
      keeper: this.#keeper,
      pool: this.#pool,
      uploads: this.#uploads,
      downloadLimiter: options.downloadLimiter ?? new RateLimiter(),
      uploadLimit: () => this.#uploadLimiter.leastBytesPerSecond,
      isSeeding: () => this.#progress.isSeeding,
      now,
      signal,
      emit,
    });
    const [keeper, crew, uploads, pool] = [this.#keeper, this.crew, this.#uploads, this.#pool];
    this.#progress = new TorrentProgress({ keeper, crew, uploads, pool, now });
    this.#watch = new Watch(TICK_MS, now());
    // Someone waits for it only while downloading.
    this.#outcome.promise.catch(() => {});
  }

  /**
   * Checks what is there, fetches the rest, gives as long as it is to, and lets go of everything, whatever happens.
   *
   * @param ready - What must have come about before peers are looked for; the run rejects as it does.
   * @throws {DownloadError} what the store reports; `NO_SOURCES`, `NOTHING_TO_SEED`. Rejects with the signal's reason when it
   * aborts.
   */
  async run(signal: AbortSignal, ready: Promise<void> = Promise.resolve()): Promise<void> {
    try {
      signal.throwIfAborted();
      await this.#examine(signal);
      if (this.#options.givesOnly === true) this.#wantNothing();
      this.#isFetching = this.#picker.leftCount > 0;
      if (this.#isFetching || this.#options.seeding !== undefined) {
        await ready;
        await this.#share(signal);
      }
      if (!this.#progress.isSeeding) await this.#complete();
      this.#progress.enter('complete');
    } finally {
      await this.#close();
    }
  }

  /** Makes our end of a connection that a peer opened; `undefined` if there is no place for it. */
  welcome(address: PeerAddress): Connection | undefined {
    return this.#progress.isSharing ? this.crew.welcome(address) : undefined;
  }

  statistics(): DownloadStatistics {
    return this.#progress.statistics();
  }

  /** Returns a byte per piece: 0 missing, 1 on its way, 2 had, 3 neither had nor wanted. A copy. */
  pieceStates(): Uint8Array<ArrayBuffer> {
    return this.#keeper.states();
  }

  async #examine(signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    const onProgress = (checkedLength: number): void => {
      this.#progress.checkedLength = checkedLength;
    };
    for (const index of await store.examine({ signal, onProgress })) this.#keeper.add(index);
    const { haveLength, haveCount, wantedLength, wantedCount } = this.#keeper;
    this.#emit({
      type: 'checked',
      piecesHave: haveCount,
      pieceCount: wantedCount,
      bytesHave: haveLength,
      bytesLeft: wantedLength - haveLength,
      bytesChecked: this.#progress.checkedLength,
    });
  }

  #wantNothing(): void {
    const { pieceCount } = this.#options.layout;
    if (this.#keeper.have.count === 0) throw new DownloadError({ code: 'NOTHING_TO_SEED' });
    for (let index = 0; index < pieceCount; index += 1) this.#picker.complete(index);
  }

  /** Is with the peers: takes what is missing, and gives. */
  async #share(signal: AbortSignal): Promise<void> {
    if (this.#isFetching && this.#pool.isEmpty) throw new DownloadError({ code: 'NO_SOURCES' });
    this.#progress.enter('downloading');
    this.#watch.start(this.#options.clock.now());
    const onAbort = (): void => this.#outcome.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    if (!this.#isFetching) await this.#beginSeeding();
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

  /** Everything wanted is there. */
  async #complete(): Promise<void> {
    await this.#options.store.finish();
    // To a tracker, completed and nothing left means a seeder: it would send peers who want the rest.
    if (this.#isFetching && this.#keeper.missingLength === 0) this.#pool.completed();
    this.#emit({ type: 'completed', bytes: this.#keeper.haveLength });
  }

  async #beginSeeding(): Promise<void> {
    try {
      this.crew.showInterest(); // whoever is left at once need not be told
      await this.#complete();
      if (this.#halt.signal.aborted) return;
      this.#progress.enter('seeding');
      if (this.#options.superSeeding === true && !this.#isFetching && this.#keeper.have.isFull)
        this.#superSeed();
      this.crew.giving.beginSeeding();
    } catch (error) {
      this.#outcome.reject(error);
    }
  }

  #superSeed(): void {
    const { layout, random, clock } = this.#options;
    this.#uploads.superSeed = new SuperSeed({ layout, random, now: () => clock.now() });
  }

  #tick(): void {
    const nowMs = this.#options.clock.now();
    this.#tickTimer = this.#options.clock.setTimer(TICK_MS, () => this.#tick());
    try {
      this.#progress.sample(nowMs);
      this.crew.tick(nowMs, this.#watch.wasAway(nowMs), TICK_MS);
      this.#checkGoal();
    } catch (error) {
      this.#outcome.reject(error); // no one else would catch it: this is a timer's
    }
  }

  #checkGoal(): void {
    const { seeding } = this.#options;
    if (!this.#progress.isSeeding || seeding === undefined) return;
    const { ratio = Infinity, timeMs = Infinity } = seeding;
    const given = (seeding.givenBefore ?? 0) + this.#uploads.uploadedLength;
    if (given >= ratio * this.#keeper.haveLength || this.#progress.seedingMs >= timeMs)
      this.#outcome.resolve();
  }

  /** A piece that was had cannot be read any more, or was changed by someone else: it is given no longer. */
  #lost(index: number): void {
    if (!this.#keeper.lose(index)) return;
    this.crew.lost(index);
    this.#emit({ type: 'pieceLost', index });
  }

  #verified(index: number, contributors: ReadonlySet<PeerKey>): void {
    this.crew.verified(index, contributors);
    const bytesLeft = this.#keeper.wantedLength - this.#keeper.haveLength;
    this.#emit({ type: 'pieceVerified', index, bytesLeft });
    if (this.#picker.leftCount > 0) return;
    if (this.#options.seeding === undefined) this.#outcome.resolve();
    else void this.#beginSeeding();
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
    this.#progress.halt();
    await this.crew.close(this.#halt.signal.reason);
    await this.#keeper.settled();
    this.#progress.end();
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
