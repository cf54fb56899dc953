import type { DownloadStatistics } from '@millrace/downloader';
import { givenText } from './figures.ts';
import type { ProgressSource } from './progress-view.ts';

/** Figures of several torrents, shown as those of one. */
export interface Sum extends ProgressSource {
  /** Returns the line that ends it: how much was given. */
  summary(): string;
}

/** Adds up the figures of what runs at the same time. */
export function sumOf(sources: readonly ProgressSource[]): Sum {
  const statistics = (): DownloadStatistics => sources.map((source) => source.statistics()).reduce(add);
  return {
    statistics,
    pieceStates() {
      const states = sources.map((source) => source.pieceStates());
      const all = new Uint8Array(states.reduce((length, one) => length + one.length, 0));
      let at = 0;
      for (const one of states) {
        all.set(one, at);
        at += one.length;
      }
      return all;
    },
    summary: () => `Seeded: ${givenText(statistics())}`,
  };
}

const COUNTS = [
  'bytesTotal',
  'bytesHave',
  'bytesMissing',
  'bytesChecked',
  'downloadedBytes',
  'wastedBytes',
  'downloadRate',
  'uploadedBytes',
  'uploadRate',
  'peersConnected',
  'peersKnown',
  'peersInterested',
  'piecesHave',
  'pieceCount',
] as const;

function add(one: DownloadStatistics, other: DownloadStatistics): DownloadStatistics {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, one[name] + other[name]]));
  // What is still being looked at is the slowest; what is over says nothing of the rest.
  const phase = [one.phase, other.phase].toSorted((a, b) => PHASES.indexOf(a) - PHASES.indexOf(b))[0];
  return {
    ...one,
    ...counts,
    phase: phase ?? one.phase,
    restored: {
      downloadedBytes: one.restored.downloadedBytes + other.restored.downloadedBytes,
      uploadedBytes: one.restored.uploadedBytes + other.restored.uploadedBytes,
    },
  };
}

const PHASES: readonly DownloadStatistics['phase'][] = [
  'metadata',
  'checking',
  'downloading',
  'seeding',
  'complete',
  'stopped',
];
