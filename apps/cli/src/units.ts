const BYTE_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Returns a byte count as people read it, in binary units: `89.9 KiB`. Always one decimal, so that figures stand still. */
export function formatBytes(bytes: number): string {
  // By hand: the first number that Intl formats costs more time than all else that `info` does.
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (Number(value.toFixed(1)) >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** Returns a rate as people read it: `12.3 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`;
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
