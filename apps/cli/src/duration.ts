import prettyMilliseconds from 'pretty-ms';

const LONGEST_SHOWN_MS = 99 * 24 * 3_600_000;

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
