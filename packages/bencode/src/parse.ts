import { BencodeError } from './error.ts';
import { Frame, pathTo } from './frame.ts';
import { readWideInteger } from './integer.ts';
import type { Limits } from './options.ts';
import { findContent, readNewKey } from './read-string.ts';
import { notAnInteger, overItems, report, unexpected } from './parse-error.ts';
import {
  LETTER_D,
  LETTER_E,
  LETTER_I,
  LETTER_L,
  MINUS,
  NINE,
  readDigits,
  skipDigits,
  ZERO,
} from './token.ts';
import type { BencodeValue } from './value.ts';

/** Digits that any double holds exactly. */
const MAX_PLAIN_DIGITS = 15;

/**
 * What `scan` records instead of values: where each key and value starts, in the order of the input. Two more
 * numbers follow for a list or dictionary: where it ends, and the index on the tape of what comes after it.
 */
export type Tape = number[];

/**
 * Reads the one value that starts at `start`, without recursion, in time linear in its bytes. With a `tape`,
 * tokens are recorded there and no value is made.
 *
 * @throws {BencodeError} at the first departure from the canonical form (or, if not strict, from any form).
 */
export function parse(
  input: Uint8Array,
  start: number,
  limits: Limits,
  tape?: Tape,
): { readonly value: BencodeValue; readonly end: number } {
  const { buffer, byteOffset } = input;
  const { strict, integers, maxDepth, maxItems } = limits;
  const frames = [new Frame()];
  let frame = frames[0]!;
  let dict: Map<string, BencodeValue> | undefined;
  let isDict = false;
  let depth = 0;
  /** Values of the lists that are open, the innermost's last: a list is made when it ends, of the right size at once. */
  const waiting: BencodeValue[] = [];
  let waitingCount = 0;
  let items = 0;
  let offset = start;
  let empty: Uint8Array | undefined;

  for (;;) {
    let at = offset;
    let byte = input[at]!;
    let value: BencodeValue = 0;

    if (byte === LETTER_E && depth > 0) {
      offset += 1;
      if (tape !== undefined) {
        tape[frame.token + 1] = offset;
        tape[frame.token + 2] = tape.length;
      } else if (dict !== undefined) {
        value = dict;
      } else {
        value = listOf(waiting, frame.base, waitingCount);
        waitingCount = frame.base;
      }
      depth -= 1;
      frame = frames[depth]!;
      ({ dict, isDict } = frame);
    } else {
      if (isDict) {
        const repeated = strict ? frame.trail?.match(frame.count, input, at) : undefined;
        if (repeated !== undefined) {
          if (items >= maxItems) throw overItems(at, frames, depth, maxItems);
          frame.key = repeated.key;
          offset += repeated.end - repeated.start;
        } else {
          offset = readNewKey(input, at, frames, depth, limits, items);
          if (tape !== undefined) frame.dropTo = tape.length;
        }
        items += 1;
        tape?.push(at);
        at = offset;
        byte = input[at]!;
      }
      if (byte >= ZERO && byte <= NINE) {
        const from = findContent(input, at, frames, depth, limits);
        const length = readDigits(input, at, from - 1);
        if (++items > maxItems) throw overItems(at, frames, depth, maxItems);
        offset = from + length;
        if (tape !== undefined) tape.push(at);
        else if (length > 0) value = new Uint8Array(buffer, byteOffset + from, length);
        else value = empty ??= new Uint8Array(buffer, byteOffset + from, 0);
      } else if (byte === LETTER_I) {
        const isNegative = input[at + 1] === MINUS;
        const first = isNegative ? at + 2 : at + 1;
        const end = skipDigits(input, first);
        const digits = end - first;
        if (digits === 0 || input[end] !== LETTER_E)
          throw notAnInteger(input, end, pathTo(frames, depth), digits);
        const magnitude = readDigits(input, first, end);
        if (input[first] === ZERO && (isNegative || digits > 1)) {
          if (digits > 1) report('LEADING_ZERO', limits, at, pathTo(frames, depth));
          if (isNegative && magnitude === 0) report('NEGATIVE_ZERO', limits, at, pathTo(frames, depth));
        }
        if (++items > maxItems) throw overItems(at, frames, depth, maxItems);
        if (digits <= MAX_PLAIN_DIGITS && integers !== 'bigint') {
          value = isNegative ? 0 - magnitude : magnitude; // 0 - 0 is 0, -0 would not be
        } else {
          const wide = readWideInteger(input, first, end, isNegative, integers);
          if (typeof wide === 'string') {
            const path = pathTo(frames, depth);
            throw new BencodeError({ code: 'INTEGER_OUT_OF_RANGE', offset: at, path, expected: wide });
          }
          value = wide;
        }
        offset = end + 1;
        tape?.push(at);
      } else if (byte === LETTER_L || byte === LETTER_D) {
        if (depth >= maxDepth) {
          throw new BencodeError({
            code: 'DEPTH_LIMIT',
            offset: at,
            path: pathTo(frames, depth),
            limit: maxDepth,
          });
        }
        if (++items > maxItems) throw overItems(at, frames, depth, maxItems);
        offset += 1;
        depth += 1;
        frame = frames[depth] ??= new Frame();
        isDict = byte === LETTER_D;
        dict = isDict && (tape === undefined || !strict) ? new Map() : undefined;
        frame.open(isDict, dict, waitingCount);
        if (tape !== undefined) {
          frame.token = tape.length;
          tape.push(at, 0, 0);
        }
        continue;
      } else {
        throw unexpected(
          input,
          at,
          pathTo(frames, depth),
          depth > 0 && !isDict ? 'a value or "e"' : 'a value',
        );
      }
    }

    if (depth === 0) return { value, end: offset };
    frame.count += 1;
    if (dict !== undefined) {
      if (!frame.isDropped) dict.set(frame.key!, value);
      else if (tape !== undefined) tape.length = frame.dropTo;
    } else if (tape === undefined) {
      waiting[waitingCount++] = value;
    }
  }
}

/** Short lists written out take no more memory than they need, and a third of the time of `slice`. */
function listOf(values: readonly BencodeValue[], start: number, end: number): readonly BencodeValue[] {
  if (end - start === 1) return [values[start]!];
  if (end - start === 2) return [values[start]!, values[start + 1]!];
  return values.slice(start, end);
}
