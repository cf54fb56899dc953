import type { DownloadEvent, DownloadStatistics } from '@millrace/downloader';
import type { DownloadSummary } from '@millrace/downloader/node';

/** What is known before the first byte. */
export interface DownloadPlan {
  /** As the torrent calls it; not yet escaped. */
  readonly name: string;
  readonly infoHash: string;
  readonly bytes: number;
  readonly pieceCount: number;
  /** Files to download; fewer than `fileCount` if some are selected. */
  readonly selectedFiles: number;
  readonly fileCount: number;
  /** Whether they were selected by an earlier run. */
  readonly isSelectionRemembered: boolean;
  /** Where it goes. */
  readonly path: string;
  /** Whether it is only given. @defaultValue false */
  readonly isSeed?: boolean;
}

/** Says how to get out of a selection that was not given this time. */
export const SELECTION_ADVICE = "as selected before; to download all of them: -s '*'";

/** What is known of a magnet link. */
export interface SearchPlan {
  /** As the link calls it; not yet escaped. */
  readonly name: string | undefined;
  readonly infoHash: string;
}

/** What a view reads when it draws. */
export interface ProgressSource {
  statistics(): DownloadStatistics;
  /** Per piece 0 missing, 1 in progress, 2 have, 3 not wanted. */
  pieceStates(): Uint8Array;
}

/** Shows one download to someone. Calls come in this order: `start`, any of the middle ones, `end` once.
 * Of a magnet link `search` comes first, and `start` when it has become a torrent, if it does. */
export interface ProgressView {
  search(plan: SearchPlan, nowMs: number): void;
  start(plan: DownloadPlan, nowMs: number): void;
  /** @param infoHash - Of the torrent that it happened to, where there are several. */
  event(event: DownloadEvent, infoHash?: string): void;
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
export const SILENT_VIEW: ProgressView = {
  search() {},
  start() {},
  event() {},
  tick() {},
  stopping() {},
  end() {},
};
