import type { DownloadStatistics } from '@millrace/downloader';
import { formatDuration } from './duration.ts';

/** Nobody who has the torrent was found in the time that the user gave. */
export class NoPeersError extends Error {
  override readonly name = 'NoPeersError';
  readonly code = 'NO_PEERS';

  constructor(waitedMs: number) {
    super(`Cannot download: no peer was connected for ${formatDuration(waitedMs)}`);
  }
}

/** Watches for a download that has no peer at all. */
export class Patience {
  readonly #limitMs: number;
  #sinceMs: number | undefined;

  constructor(limitMs: number = Number.POSITIVE_INFINITY) {
    this.#limitMs = limitMs;
  }

  /** Tells whether there has been no peer for too long. Looking at what is on disk does not count. */
  isOver({ phase, peersConnected }: DownloadStatistics, nowMs: number): boolean {
    if (phase !== 'downloading' || peersConnected > 0) this.#sinceMs = undefined;
    else this.#sinceMs ??= nowMs;
    return this.#sinceMs !== undefined && nowMs - this.#sinceMs >= this.#limitMs;
  }
}
