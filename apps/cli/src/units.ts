import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';

const LONGEST_SHOWN_MS = 99 * 24 * 3_600_000;

/** Returns a byte count as people read it, in binary units: `89.9 KiB`. Always one decimal, so that figures stand still. */
export function formatBytes(bytes: number): string {
  const digits = bytes < 1024 ? 0 : 1;
  return prettyBytes(bytes, { binary: true, minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Returns a rate as people read it: `12.3 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

/** Returns a duration as people read it, in at most two units: `1m 20s`; below ten seconds with one decimal. */
export function formatDuration(durationMs: number): string {
  if (durationMs > LONGEST_SHOWN_MS) return 'over 99d';
  const isShort = durationMs < 10_000;
  return prettyMilliseconds(isShort ? durationMs : Math.round(durationMs / 1000) * 1000, {
    unitCount: 2,
    secondsDecimalDigits: isShort ? 1 : 0,
  });
}

/** Returns the time left as people read it, in whole seconds: it is an estimate. */
export function formatTimeLeft(etaMs: number): string {
  return formatDuration(Math.max(1, Math.ceil(etaMs / 1000)) * 1000);
}

/** Returns what share of `whole` the `part` is, 0 to 1. Nothing of nothing is all of it. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

/** Returns a share in percent, rounded down to a tenth: only what is whole is 100. */
export function percent(share: number): number {
  return Math.floor(share * 1000) / 10;
}

/** Returns a share as people read it: `42.3 %`. */
export function formatPercent(share: number): string {
  return `${percent(share).toFixed(1)} %`;
}

/** Returns `1 peer` or `2 peers`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
