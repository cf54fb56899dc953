import { resolve } from 'node:path';
import type { DownloadEvent } from '@millrace/downloader';
import { codeOf } from '../exit-code.ts';
import type { JsonLines } from '../json-lines.ts';
import { messageOf } from '../report.ts';
import type { DownloadPlan, ProgressSource, ProgressView, SearchPlan } from './progress-view.ts';
import { shownTracker } from './shown-tracker.ts';

const PROGRESS_INTERVAL_MS = 1000;

/** Writes one JSON object a line: what happens, and the figures once a second. The command itself writes the last. */
export class JsonView implements ProgressView {
  readonly #lines: JsonLines;
  #nextProgressMs = 0;

  constructor(lines: JsonLines) {
    this.#lines = lines;
  }

  search(plan: SearchPlan, nowMs: number): void {
    this.#nextProgressMs = nowMs + PROGRESS_INTERVAL_MS;
    this.#lines.write({ event: 'searching', ...plan });
  }

  start(plan: DownloadPlan, nowMs: number): void {
    this.#nextProgressMs = nowMs + PROGRESS_INTERVAL_MS;
    this.#lines.write({ event: 'started', ...plan, path: resolve(plan.path) });
  }

  event(event: DownloadEvent, infoHash?: string): void {
    this.#lines.write({ ...eventObject(event), ...(infoHash !== undefined && { infoHash }) });
  }

  tick(source: ProgressSource, nowMs: number): void {
    if (nowMs < this.#nextProgressMs) return;
    this.#nextProgressMs = nowMs + PROGRESS_INTERVAL_MS;
    this.#lines.write({ event: 'progress', ...source.statistics() });
  }

  stopping(): void {
    this.#lines.write({ event: 'stopping' });
  }

  end(): void {}
}

/** Errors become their code and message, trackers lose what may be secret; the rest is the event as it is. */
function eventObject(event: DownloadEvent): object {
  const { type, ...fields } = event;
  switch (event.type) {
    case 'metadata': {
      const { name, infoBytes, layout, files } = event.metainfo;
      const metadataBytes = infoBytes.length;
      return { event: type, name, metadataBytes, bytes: layout.totalLength, files: files.length };
    }
    case 'announced':
      return { event: type, ...fields, tracker: shownTracker(event.tracker) };
    case 'announceFailed':
      return {
        event: type,
        ...fields,
        tracker: shownTracker(event.tracker),
        error: errorObject(event.error),
      };
    case 'stateNotSaved':
      return { event: type, error: errorObject(event.error) };
    case 'discoveryFailed':
    case 'portMappingFailed':
      return { event: type, ...fields, error: errorObject(event.error) };
    case 'peerDropped':
      return { event: type, ...fields, reason: errorObject(event.reason) };
    case 'checked':
    case 'dhtAnnounced':
    case 'peersFound':
    case 'portMapped':
    case 'peerConnected':
    case 'peerBanned':
    case 'pieceVerified':
    case 'pieceRejected':
    case 'pieceLost':
    case 'fileCompleted':
    case 'completed':
      return { event: type, ...fields };
    default:
      return event satisfies never;
  }
}

/** Returns what a script can use of an error. */
export function errorObject(error: unknown): { readonly code: string; readonly message: string } {
  return { code: codeOf(error) ?? 'UNKNOWN', message: messageOf(error) };
}
