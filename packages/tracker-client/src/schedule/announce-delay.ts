import { TrackerError, type TrackerErrorDetail } from '../error.ts';

const MIN_INTERVAL_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** Pause after a failure on the way to a tracker; it doubles with each in a row. */
const FIRST_RETRY_MS = 15_000;
const LAST_RETRY_MS = 30 * 60_000;
/** The same where something answered that does not speak as a tracker: it may be the site of somebody else. */
const FIRST_STRANGER_MS = 15 * 60_000;
/** The part of a delay that is drawn: clients that were started together do not stay together. */
const JITTER = 0.05;

type Code = TrackerErrorDetail['code'];

/** It will not be otherwise the next time. */
const HOPELESS: ReadonlySet<Code> = new Set<Code>([
  'INVALID_URL',
  'UNSUPPORTED_PROTOCOL',
  'UNSUPPORTED_THROUGH_PROXY',
  'ADDRESS_REFUSED',
]);
/** Something answered, and not as trackers do. */
const STRANGE: ReadonlySet<Code> = new Set<Code>([
  'MALFORMED',
  'NOT_HTTP',
  'HEADERS_TOO_LARGE',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_ENCODING',
  'CORRUPT_ENCODING',
  'REDIRECT_LIMIT',
  'REDIRECT_REFUSED',
]);

/** What a tracker asked for in its answer, in milliseconds. */
export interface AnnounceIntervals {
  readonly intervalMs: number;
  readonly minIntervalMs?: number | undefined;
}

/** Answers with the time until the next announce, and the shortest until one that is made because peers are wanted. */
export function delaysAfter(
  { intervalMs, minIntervalMs = 0 }: AnnounceIntervals,
  random: () => number,
): { readonly intervalMs: number; readonly leastMs: number } {
  const clamped = Math.min(Math.max(intervalMs, MIN_INTERVAL_MS), DAY_MS);
  const leastMs = Math.min(Math.max(minIntervalMs, MIN_INTERVAL_MS), clamped);
  return { intervalMs: spread(clamped, random), leastMs };
}

/**
 * Answers with the pause after a tracker failed for the `count`th time in a row, in milliseconds; `'never'` if it is not
 * to be asked again: it said so, or it cannot work with its URL.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0031.html | BEP 31, failure retry}
 */
export function retryAfter(error: unknown, count: number, random: () => number): number | 'never' {
  const asked = TrackerError.is(error) && 'retryMs' in error.detail ? error.detail.retryMs : undefined;
  if (asked === 'never' || isHopeless(error)) return 'never';
  const [firstMs, lastMs] = isStranger(error) ? [FIRST_STRANGER_MS, DAY_MS] : [FIRST_RETRY_MS, LAST_RETRY_MS];
  const pauseMs = Math.min(firstMs * 2 ** (count - 1), lastMs);
  return Math.max(spread(pauseMs, random), asked ?? 0);
}

function spread(delayMs: number, random: () => number): number {
  return Math.round(delayMs * (1 + JITTER * random()));
}

function isHopeless(error: unknown): boolean {
  if (!TrackerError.is(error)) return false;
  const { detail } = error;
  if (detail.code === 'HTTP_STATUS') return detail.status === 404 || detail.status === 410;
  return HOPELESS.has(detail.code);
}

function isStranger(error: unknown): boolean {
  if (!TrackerError.is(error)) return false;
  const { detail } = error;
  if (detail.code === 'HTTP_STATUS') return detail.status < 500 && detail.status !== 429;
  return STRANGE.has(detail.code);
}
