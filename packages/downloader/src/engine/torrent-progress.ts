import { NO_STATISTICS, RateMeter, type DownloadPhase, type DownloadStatistics } from '../statistics.ts';
import type { Crew } from './crew.ts';
import type { PeerPool } from './peer-pool.ts';
import type { PieceKeeper } from './piece-keeper.ts';
import type { Uploads } from './upload/uploads.ts';

export interface TorrentProgressOptions {
  readonly keeper: PieceKeeper;
  readonly crew: Crew;
  readonly uploads: Uploads;
  readonly pool: PeerPool;
  readonly now: () => number;
}

/** How far a torrent is: its phase, since when, how fast, and every figure of it. */
export class TorrentProgress {
  /** Bytes of existing data looked at while checking. */
  checkedLength = 0;
  readonly #options: TorrentProgressOptions;
  readonly #startMs: number;
  readonly #downloadRate: RateMeter;
  readonly #uploadRate: RateMeter;
  #phase: DownloadPhase = 'checking';
  #seedingStartMs: number | undefined;
  #endMs: number | undefined;

  constructor(options: TorrentProgressOptions) {
    this.#options = options;
    this.#startMs = options.now();
    this.#downloadRate = new RateMeter(this.#startMs);
    this.#uploadRate = new RateMeter(this.#startMs);
  }

  /** Whether it is with the peers. */
  get isSharing(): boolean {
    return this.#phase === 'downloading' || this.#phase === 'seeding';
  }

  /** Whether everything wanted was there and we stayed to give, also when that is over. */
  get isSeeding(): boolean {
    return this.#seedingStartMs !== undefined;
  }

  get seedingMs(): number {
    return this.#seedingStartMs === undefined ? 0 : this.#lastMs - this.#seedingStartMs;
  }

  enter(phase: 'downloading' | 'seeding' | 'complete'): void {
    this.#phase = phase;
    if (phase === 'seeding') this.#seedingStartMs = this.#options.now();
  }

  /** Nothing more is fetched or given: what is not complete has stopped. */
  halt(): void {
    if (this.#phase !== 'complete') this.#phase = 'stopped';
  }

  /** Time stands still from now on. */
  end(): void {
    this.#endMs = this.#options.now();
  }

  /** Follows how fast it goes. */
  sample(nowMs: number): void {
    const { crew, uploads } = this.#options;
    this.#downloadRate.sample(crew.downloadedLength, nowMs);
    this.#uploadRate.sample(uploads.uploadedLength, nowMs);
  }

  statistics(): DownloadStatistics {
    const { keeper, crew, uploads, pool } = this.#options;
    const { wantedLength: bytesTotal, haveLength: bytesHave, haveCount, wantedCount } = keeper;
    const downloadRate = this.#phase === 'downloading' ? this.#downloadRate.perSecond : 0;
    return {
      phase: this.#phase,
      metadataBytes: 0,
      metadataBytesTotal: undefined,
      bytesTotal,
      bytesHave,
      bytesMissing: keeper.missingLength,
      bytesChecked: this.checkedLength,
      downloadedBytes: crew.downloadedLength,
      wastedBytes: crew.wastedLength,
      downloadRate,
      uploadedBytes: uploads.uploadedLength,
      uploadRate: this.isSharing ? this.#uploadRate.perSecond : 0,
      peersInterested: crew.interestedCount,
      seedingMs: this.seedingMs,
      etaMs: downloadRate < 1 ? undefined : ((bytesTotal - bytesHave) / downloadRate) * 1_000,
      peersConnected: crew.openCount,
      peersByOrigin: crew.openByOrigin,
      peersKnown: pool.list.size,
      piecesHave: haveCount,
      pieceCount: wantedCount,
      durationMs: this.#lastMs - this.#startMs,
      restored: NO_STATISTICS.restored, // whoever has the files knows
    };
  }

  get #lastMs(): number {
    return this.#endMs ?? this.#options.now();
  }
}
