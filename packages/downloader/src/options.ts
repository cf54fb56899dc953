/** Limits of one download. */
export interface DownloadLimits {
  /** Connections kept open at once. @defaultValue 50 */
  readonly maxPeers?: number;
  /** Budget for pieces on their way, in bytes; one piece is always allowed. @defaultValue 67_108_864 (64 MiB) */
  readonly memoryBytes?: number;
  /** Time allowed for a requested block to arrive, in milliseconds. @defaultValue 20_000 */
  readonly requestTimeoutMs?: number;
}

/** How fast may be sent and asked for, in bytes a second, more than 0; infinite for no limit. */
export interface RateLimits {
  /** @defaultValue no limit */
  readonly uploadLimit?: number;
  /** @defaultValue no limit */
  readonly downloadLimit?: number;
}

/** When to stop giving: whichever comes first; never, if neither is given. */
export interface SeedingGoal {
  /** Bytes given for each byte that is there. */
  readonly ratio?: number | undefined;
  /** Time since everything was there, in milliseconds. */
  readonly timeMs?: number | undefined;
  /** Bytes that earlier runs gave; they count for the ratio. @defaultValue 0 */
  readonly givenBefore?: number | undefined;
}

const DEFAULTS: Required<DownloadLimits> = {
  maxPeers: 50,
  memoryBytes: 64 * 1024 * 1024,
  requestTimeoutMs: 20_000,
};

/** Fills in defaults. @throws {RangeError} if a limit is not a whole number of at least 1. */
export function resolveLimits(options: DownloadLimits): Required<DownloadLimits> {
  const resolved = {
    maxPeers: options.maxPeers ?? DEFAULTS.maxPeers,
    memoryBytes: options.memoryBytes ?? DEFAULTS.memoryBytes,
    requestTimeoutMs: options.requestTimeoutMs ?? DEFAULTS.requestTimeoutMs,
  };
  for (const [name, value] of Object.entries(resolved)) requireCount(name, value);
  return resolved;
}

/** @throws {RangeError} if a limit is given and is not a whole number of at least 1. */
export function requireCount(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return;
  throw new RangeError(`Cannot download with ${name} ${value}: it must be a whole number of at least 1`);
}

/** @throws {RangeError} if a rate is given and is not more than 0. */
export function requireRates({ uploadLimit, downloadLimit }: RateLimits): void {
  for (const [name, value] of Object.entries({ uploadLimit, downloadLimit }))
    if (value !== undefined && !(value > 0))
      throw new RangeError(`Cannot run with ${name} ${value}: it must be more than 0`);
}
