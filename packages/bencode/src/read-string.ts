import { type Frame, pathTo } from './frame.ts';
import { readKey } from './latin1.ts';
import type { Limits } from './options.ts';
import { endOfInput, overItems, report, unexpected } from './parse-error.ts';
import { COLON, NINE, readDigits, skipDigits, ZERO } from './token.ts';

/**
 * Reads a key into the frame at `depth`, wherever it may sort.
 *
 * @returns The offset of its value.
 */
export function readNewKey(
  input: Uint8Array,
  at: number,
  frames: readonly Frame[],
  depth: number,
  limits: Limits,
  items: number,
): number {
  const frame = frames[depth]!;
  const previous = frame.key;
  frame.key = undefined; // until it is known, the path to an error does not have it
  const byte = input[at]!;
  if (!(byte >= ZERO && byte <= NINE)) throw unexpected(input, at, pathTo(frames, depth), 'a key or "e"');
  const start = findContent(input, at, frames, depth, limits);
  if (items >= limits.maxItems) throw overItems(at, frames, depth, limits.maxItems);
  const end = start + readDigits(input, at, start - 1);
  const key = readKey(input, start, end);
  frame.key = key;
  const isUnsorted = previous !== undefined && key <= previous;
  const isDuplicate = limits.strict ? isUnsorted && key === previous : frame.dict!.has(key);
  if (isDuplicate) report('DUPLICATE_KEY', limits, at, pathTo(frames, depth));
  else if (isUnsorted) report('KEYS_NOT_SORTED', limits, at, pathTo(frames, depth));
  frame.isDropped = isDuplicate;
  if (limits.strict) frame.trail?.record(frame.count, key, at, end);
  return end;
}

/**
 * Checks the length of the byte string at `at`, whose first byte is a digit: the input must be that long before
 * anything of that size is made.
 *
 * @returns The offset of its content; the length is the digits up to the byte before that.
 */
export function findContent(
  input: Uint8Array,
  at: number,
  frames: readonly Frame[],
  depth: number,
  limits: Limits,
): number {
  const colon = skipDigits(input, at + 1);
  if (input[colon] !== COLON) throw unexpected(input, colon, pathTo(frames, depth), 'a digit or ":"');
  if (input[at] === ZERO && colon > at + 1) report('LEADING_ZERO', limits, at, pathTo(frames, depth));
  const missing = colon + 1 + readDigits(input, at, colon) - input.length;
  if (missing > 0) throw endOfInput(input.length, pathTo(frames, depth), missing);
  return colon + 1;
}
