import type { PeerOrigin } from './peer-source.ts';

/** What a download is at. */
export type DownloadPhase = 'metadata' | 'checking' | 'downloading' | 'seeding' | 'complete' | 'stopped';

/** Bytes that went in and out. */
export interface TransferTotals {
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
}

/**
 * Figures at one moment: a plain snapshot, cheap to take. Lengths are in bytes, rates in bytes a second. What is not
 * wanted does not count, unless it says so.
 */
export interface DownloadStatistics {
  readonly phase: DownloadPhase;
  /** Of a magnet link: bytes of metadata that are there. Before there is metadata, most other figures are 0. */
  readonly metadataBytes: number;
  /** Bytes of metadata there are, as peers claim; `undefined` while none does, and where there is nothing to get. */
  readonly metadataBytesTotal: number | undefined;
  /** Bytes of the wanted pieces: of a selection of files, with what they share with files beside them. */
  readonly bytesTotal: number;
  /** Bytes of verified pieces, those found on disk included. */
  readonly bytesHave: number;
  /** Bytes of the whole torrent that are not known to be there, wanted or not: what trackers call `left`. */
  readonly bytesMissing: number;
  /** Bytes of existing data looked at while checking. */
  readonly bytesChecked: number;
  /** Block bytes that arrived and were wanted. */
  readonly downloadedBytes: number;
  /** Bytes that came to nothing: failed pieces, blocks that came twice or were not asked for. */
  readonly wastedBytes: number;
  readonly downloadRate: number;
  /** Block bytes given to peers. */
  readonly uploadedBytes: number;
  readonly uploadRate: number;
  /** Time until the end at this rate, in milliseconds; `undefined` while nothing arrives. */
  readonly etaMs: number | undefined;
  readonly peersConnected: number;
  /** They, by who named them to us. */
  readonly peersByOrigin: Readonly<Partial<Record<PeerOrigin, number>>>;
  readonly peersKnown: number;
  /** Connected peers that want something from us. */
  readonly peersInterested: number;
  readonly piecesHave: number;
  readonly pieceCount: number;
  readonly durationMs: number;
  /** Time since everything wanted was there, while we stay to give. */
  readonly seedingMs: number;
  /** What earlier runs brought and gave: in none of the other figures. */
  readonly restored: TransferTotals;
}

/** Before anything has happened. */
export const NO_STATISTICS: DownloadStatistics = {
  phase: 'metadata',
  metadataBytes: 0,
  metadataBytesTotal: undefined,
  bytesTotal: 0,
  bytesHave: 0,
  bytesMissing: 0,
  bytesChecked: 0,
  downloadedBytes: 0,
  wastedBytes: 0,
  downloadRate: 0,
  uploadedBytes: 0,
  uploadRate: 0,
  etaMs: undefined,
  peersConnected: 0,
  peersByOrigin: {},
  peersKnown: 0,
  peersInterested: 0,
  piecesHave: 0,
  pieceCount: 0,
  durationMs: 0,
  seedingMs: 0,
  restored: { downloadedBytes: 0, uploadedBytes: 0 },
};

/** Weight of the newest second in the rate shown. */
const SMOOTHING = 0.25;

/** Follows a counter and answers how fast it grows, smoothed over some seconds. Waiting for the first growth does not count. */
export class RateMeter {
  #lastCount = 0;
  #lastMs: number;
  /** The smoothed rate, as if there had been nothing before the first sample; divided by the weight of all samples. */
  #weightedRate = 0;
  #totalWeight = 0;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  get perSecond(): number {
    return this.#totalWeight === 0 ? 0 : this.#weightedRate / this.#totalWeight;
  }

  sample(count: number, nowMs: number): void {
    const seconds = (nowMs - this.#lastMs) / 1_000;
    if (count > 0 && seconds > 0) {
      const weight = 1 - (1 - SMOOTHING) ** seconds;
      this.#weightedRate += ((count - this.#lastCount) / seconds - this.#weightedRate) * weight;
      this.#totalWeight += (1 - this.#totalWeight) * weight;
    }
    if (count === 0 || seconds > 0) this.#lastMs = nowMs;
    if (seconds > 0) this.#lastCount = count;
  }
}
