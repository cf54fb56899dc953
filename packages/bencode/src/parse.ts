import { BencodeError } from './error.ts';
import { readWideInteger } from './integer.ts';
import { readKey } from './latin1.ts';
import type { BencodeIssue, Limits } from './options.ts';
import type { BencodePath, BencodeValue } from './value.ts';

export const ZERO = 0x30;
const NINE = 0x39;
export const COLON = 0x3a;
const MINUS = 0x2d;
export const LETTER_D = 0x64;
export const LETTER_E = 0x65;
export const LETTER_I = 0x69;
export const LETTER_L = 0x6c;

/** Digits that any double holds exactly. */
const MAX_PLAIN_DIGITS = 15;

/**
 * What `scan` records instead of values: where each key and value starts, in the order of the input. Two more
 * numbers follow for a list or dictionary: where it ends, and the index on the tape of what comes after it.
 */
export type Tape = number[];

/** A list or dictionary that is still open. One per level, reused for every container at that level. */
class Frame {
  list: BencodeValue[] | undefined;
  /** In a lenient scan, only its keys count. */
  dict: Map<string, BencodeValue> | undefined;
  isDict = false;
  expectsKey = false;
  key = '';
  /** Values complete so far: the index of the next one. */
  count = 0;
  /** Whether the value being read belongs to a duplicate key. */
  isDropped = false;
  /** Where on the tape the container is, and where a dropped key starts. */
  token = 0;
  dropTo = 0;
}

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
  const { buffer, byteOffset, length: inputLength } = input;
  const { strict, integers, maxDepth, maxItems } = limits;
  const root: BencodeValue[] = [];
  let frame = new Frame();
  frame.list = root;
  const frames = [frame];
  let depth = 0;
  let items = 0;
  let offset = start;
  let empty: Uint8Array | undefined;

  for (;;) {
    const at = offset;
    const byte = input[at]!;
    let value: BencodeValue = 0;

    if (byte >= ZERO && byte <= NINE) {
      let length = byte - ZERO;
      let next = input[++offset]!;
      while (next >= ZERO && next <= NINE) {
        length = length * 10 + (next - ZERO);
        next = input[++offset]!;
      }
      if (next !== COLON) throw unexpected(input, offset, pathTo(frames, depth), 'a digit or ":"');
      if (byte === ZERO && offset > at + 1) report('LEADING_ZERO', limits, at, pathTo(frames, depth));
      const from = (offset += 1);
      // Compared before anything of that size is made.
      if (length > inputLength - from) {
        throw endOfInput(inputLength, pathTo(frames, depth), length - (inputLength - from));
      }
      offset += length;
      if (++items > maxItems) throw overItems(at, frames, depth, maxItems);

      if (frame.expectsKey) {
        const key = readKey(input, from, offset);
        const isUnsorted = frame.count > 0 && key <= frame.key;
        const isDuplicate = strict ? isUnsorted && key === frame.key : frame.dict!.has(key);
        frame.key = key;
        frame.expectsKey = false;
        if (isDuplicate) report('DUPLICATE_KEY', limits, at, pathTo(frames, depth));
        else if (isUnsorted) report('KEYS_NOT_SORTED', limits, at, pathTo(frames, depth));
        if (tape !== undefined) {
          frame.dropTo = tape.length;
          tape.push(at);
        }
        frame.isDropped = isDuplicate;
        continue;
      }
      if (tape !== undefined) tape.push(at);
      else if (length > 0) value = new Uint8Array(buffer, byteOffset + from, length);
      else value = empty ??= new Uint8Array(buffer, byteOffset + from, 0);
    } else if (byte === LETTER_E && (frame.isDict ? frame.expectsKey : depth > 0)) {
      offset += 1;
      if (tape !== undefined) {
        tape[frame.token + 1] = offset;
        tape[frame.token + 2] = tape.length;
      }
      depth -= 1;
      frame = frames[depth]!;
      // The container was put into its parent when it was opened.
      if (finishItem(frame, depth, tape)) return { value: root[0]!, end: offset };
      continue;
    } else if (byte === MINUS) {
      throw new BencodeError({ code: 'INVALID_LENGTH', offset: at, path: pathTo(frames, depth) });
    } else if (frame.expectsKey) {
      throw unexpected(input, at, pathTo(frames, depth), 'a key or "e"');
    } else if (byte === LETTER_I) {
      let digit = input[++offset]!;
      const isNegative = digit === MINUS;
      if (isNegative) digit = input[++offset]!;
      const first = offset;
      let magnitude = 0;
      while (digit >= ZERO && digit <= NINE) {
        magnitude = magnitude * 10 + (digit - ZERO);
        digit = input[++offset]!;
      }
      const digits = offset - first;
      if (digit !== LETTER_E || digits === 0)
        throw notAnInteger(input, offset, pathTo(frames, depth), digits);
      if (input[first] === ZERO && (isNegative || digits > 1)) {
        if (digits > 1) report('LEADING_ZERO', limits, at, pathTo(frames, depth));
        if (isNegative && magnitude === 0) report('NEGATIVE_ZERO', limits, at, pathTo(frames, depth));
      }
      if (++items > maxItems) throw overItems(at, frames, depth, maxItems);
      if (digits <= MAX_PLAIN_DIGITS && integers !== 'bigint') {
        value = isNegative ? 0 - magnitude : magnitude; // 0 - 0 is 0, -0 would not be
      } else {
        const wide = readWideInteger(input, first, offset, isNegative, integers);
        if (typeof wide === 'string') {
          throw new BencodeError({
            code: 'INTEGER_OUT_OF_RANGE',
            offset: at,
            path: pathTo(frames, depth),
            expected: wide,
          });
        }
        value = wide;
      }
      offset += 1;
      if (tape !== undefined) tape.push(at);
    } else if (byte === LETTER_L || byte === LETTER_D) {
      offset += 1;
      if (depth >= maxDepth) {
        throw new BencodeError({
          code: 'DEPTH_LIMIT',
          offset: at,
          path: pathTo(frames, depth),
          limit: maxDepth,
        });
      }
      if (++items > maxItems) throw overItems(at, frames, depth, maxItems);
      const isDict = byte === LETTER_D;
      const list: BencodeValue[] | undefined = isDict || tape !== undefined ? undefined : [];
      const dict = isDict && (tape === undefined || !strict) ? new Map<string, BencodeValue>() : undefined;
      putItem(frame, list ?? dict ?? 0);
      depth += 1;
      frame = frames[depth] ??= new Frame();
      frame.list = list;
      frame.dict = dict;
      frame.isDict = isDict;
      frame.expectsKey = isDict;
      frame.count = 0;
      frame.isDropped = false;
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
        depth > 0 && !frame.isDict ? 'a value or "e"' : 'a value',
      );
    }

    putItem(frame, value);
    if (finishItem(frame, depth, tape)) return { value, end: offset };
  }
}

function putItem(frame: Frame, value: BencodeValue): void {
  if (frame.list !== undefined) frame.list.push(value);
  else if (frame.dict !== undefined && !frame.isDropped) frame.dict.set(frame.key, value);
}

/** @returns Whether that was the value asked for. */
function finishItem(frame: Frame, depth: number, tape: Tape | undefined): boolean {
  frame.count += 1;
  frame.expectsKey = frame.isDict;
  if (frame.isDropped && tape !== undefined) tape.length = frame.dropTo;
  return depth === 0;
}

function pathTo(frames: readonly Frame[], depth: number): BencodePath {
  const path: (string | number)[] = [];
  for (const frame of frames.slice(1, depth + 1)) {
    if (!frame.isDict) path.push(frame.count);
    else if (!frame.expectsKey) path.push(frame.key);
  }
  return path;
}

function report(code: BencodeIssue['code'], limits: Limits, offset: number, path: BencodePath): void {
  if (limits.strict) throw new BencodeError({ code, offset, path });
  limits.onIssue?.({ code, offset, path });
}

function endOfInput(offset: number, path: BencodePath, missing: number): BencodeError {
  return new BencodeError({ code: 'UNEXPECTED_END', offset, path, missing });
}

function unexpected(input: Uint8Array, offset: number, path: BencodePath, expected: string): BencodeError {
  const byte = input[offset];
  if (byte === undefined) return endOfInput(offset, path, 1);
  return new BencodeError({ code: 'UNEXPECTED_BYTE', offset, path, byte, expected });
}

function notAnInteger(input: Uint8Array, offset: number, path: BencodePath, digits: number): BencodeError {
  const byte = input[offset];
  if (byte === undefined) return endOfInput(offset, path, digits === 0 ? 2 : 1);
  const expected = digits === 0 ? 'a digit' : 'a digit or "e"';
  return new BencodeError({ code: 'INVALID_INTEGER', offset, path, byte, expected });
}

function overItems(offset: number, frames: readonly Frame[], depth: number, limit: number): BencodeError {
  return new BencodeError({ code: 'ITEM_LIMIT', offset, path: pathTo(frames, depth), limit });
}
