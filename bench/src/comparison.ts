import { type Spread, spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';
import type { EntrantTimes } from './trial.ts';

export interface TaskResult {
  readonly task: string;
  /** Ours first. */
  readonly entrants: readonly EntrantTimes[];
}

/** How a figure is shown: times in their own unit, or as work per time. */
export type FormatTime = (nanoseconds: number, task: string) => string;

interface Row {
  readonly ratio: number;
  readonly cells: readonly string[];
}

/** One row for each rival at each task, with how many times as fast ours is; the worst first. */
export function formatComparison(results: readonly TaskResult[], format: FormatTime = formatTime): string {
  const rows = results.flatMap((result) => rowsOf(result, format));
  const sorted = rows.toSorted((a, b) => a.ratio - b.ratio).map(({ cells }) => cells);
  return formatTable(['task', 'rival', 'millrace', 'rival’s', 'times as fast'], sorted);
}

function rowsOf({ task, entrants }: TaskResult, format: FormatTime): Row[] {
  const [ours, ...rivals] = entrants;
  if (ours === undefined) return [];
  const mine = spreadOf(ours.nanoseconds);
  return rivals.map(({ name, flaw, nanoseconds }) => {
    const theirs = spreadOf(nanoseconds);
    const ratio = theirs.median / mine.median;
    const rival = flaw === undefined ? name : `${name} (${flaw})`;
    return {
      ratio,
      cells: [task, rival, spread(mine, task, format), spread(theirs, task, format), ratio.toFixed(2)],
    };
  });
}

function spread({ median, min, max }: Spread, task: string, format: FormatTime): string {
  // A rate is largest where the time is shortest.
  const ends = [format(min, task), format(max, task)].toSorted((a, b) => parseFloat(a) - parseFloat(b));
  return `${format(median, task)} (${ends.join('–')})`;
}

/** Formats a time with three digits. All figures of a task are in milliseconds, so that rows can be compared. */
function formatTime(nanoseconds: number): string {
  const milliseconds = nanoseconds / 1e6;
  if (milliseconds < 1) return milliseconds.toPrecision(3);
  return milliseconds.toFixed(milliseconds < 100 ? 2 : 0);
}
