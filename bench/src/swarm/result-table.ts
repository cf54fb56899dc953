import type { Measurement } from '../measure.ts';
import { spreadOf } from '../statistics.ts';
import { formatTable } from '../table.ts';

export interface Run extends Measurement {
  /** From a seeder's first byte of payload to the last of any; 0 for a contestant that does not use them. */
  readonly transferSeconds: number;
}

export interface Result {
  readonly contestant: string;
  readonly runs: readonly Run[];
}

/** One row each: medians with minimum and maximum, and how the first row's CPU and wall time relate to this one's. */
export function formatResults(results: readonly Result[]): string {
  const [ours] = results;
  const rows = results.map((result) => [
    result.contestant,
    spread(result, ({ cpuSeconds }) => cpuSeconds, 2),
    ratio(ours, result, ({ cpuSeconds }) => cpuSeconds),
    spread(result, ({ wallSeconds }) => wallSeconds, 2),
    ratio(ours, result, ({ wallSeconds }) => wallSeconds),
    spread(result, ({ transferSeconds }) => transferSeconds, 2),
    spread(result, ({ peakBytes }) => peakBytes / 1024 ** 2, 0),
    spread(result, ({ peakAnonymousBytes }) => peakAnonymousBytes / 1024 ** 2, 0),
  ]);
  const name = ours?.contestant ?? '';
  const head = [
    'client',
    'CPU s',
    `${name} ÷`,
    'wall s',
    `${name} ÷`,
    'transfer s',
    'peak MiB',
    'without files MiB',
  ];
  return formatTable(head, rows);
}

function spread({ runs }: Result, pick: (run: Run) => number, digits: number): string {
  const { median, min, max } = spreadOf(runs.map(pick));
  if (max === 0) return '–';
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function ratio(ours: Result | undefined, other: Result, pick: (run: Run) => number): string {
  if (ours === undefined || ours === other) return '';
  return (spreadOf(ours.runs.map(pick)).median / spreadOf(other.runs.map(pick)).median).toFixed(2);
}
