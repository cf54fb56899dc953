/** File indices from `first` to `last`, both included; the first file is 0. */
export interface FileRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads one part of a `so` parameter: `4` or `6-8`.
 *
 * @returns `undefined` if it is neither, or runs backwards.
 * @see {@link https://www.bittorrent.org/beps/bep_0053.html | BEP 53}
 */
export function parseFileRange(text: string): FileRange | undefined {
  const match = /^(\d{1,16})(?:-(\d{1,16}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const range = { first, last: match[2] === undefined ? first : Number(match[2]) };
  return isFileRange(range) ? range : undefined;
}

/** Writes a range as `parseFileRange` reads it. */
export function formatFileRange({ first, last }: FileRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

export function isFileRange({ first, last }: FileRange): boolean {
  return Number.isSafeInteger(first) && Number.isSafeInteger(last) && first >= 0 && first <= last;
}
