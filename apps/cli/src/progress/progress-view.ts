import type { DownloadEvent, DownloadStatistics } from '@millrace/downloader';
import type { DownloadSummary } from '@millrace/downloader/node';

/** What is known before the first byte. */
export interface DownloadPlan {
  /** As the torrent calls it; not yet escaped. */
  readonly name: string;
  readonly infoHash: string;
  readonly bytes: number;
  readonly pieceCount: number;
  /** Where it goes. */
  readonly path: string;
}

/** What a view reads when it draws. */
export interface ProgressSource {
  statistics(): DownloadStatistics;
  /** Per piece 0 missing, 1 in progress, 2 have. */
  pieceStates(): Uint8Array;
}

/** Shows one download to someone. Calls come in this order: `start`, any of the middle ones, `end` once. */
export interface ProgressView {
  start(plan: DownloadPlan, nowMs: number): void;
  event(event: DownloadEvent): void;
  /** Called about seven times a second with what to draw from. */
  tick(source: ProgressSource, nowMs: number): void;
  /** The user asked to stop; `end` follows within seconds. */
  stopping(): void;
  /** @param summary - `undefined` if the download did not come to its end; the error is told elsewhere. */
  end(summary: DownloadSummary | undefined): void;
}

/** Time between two calls of `tick`, in milliseconds. */
export const TICK_MS = 150;

/** Shows nothing: `--quiet`. */
export const SILENT_VIEW: ProgressView = { start() {}, event() {}, tick() {}, stopping() {}, end() {} };
