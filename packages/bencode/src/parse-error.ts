import { BencodeError } from './error.ts';
import { type Frame, pathTo } from './frame.ts';
import type { BencodeIssue, Limits } from './options.ts';
import { MINUS } from './token.ts';
import type { BencodePath } from './value.ts';

/** Throws, or if not strict tells `onIssue`, of a departure from the canonical form. */
export function report(code: BencodeIssue['code'], limits: Limits, offset: number, path: BencodePath): void {
  if (limits.strict) throw new BencodeError({ code, offset, path });
  limits.onIssue?.({ code, offset, path });
}

export function endOfInput(offset: number, path: BencodePath, missing: number): BencodeError {
  return new BencodeError({ code: 'UNEXPECTED_END', offset, path, missing });
}

export function unexpected(
  input: Uint8Array,
  offset: number,
  path: BencodePath,
  expected: string,
): BencodeError {
  const byte = input[offset];
  if (byte === undefined) return endOfInput(offset, path, 1);
  // A minus where a value or key should be can only have been meant for a length.
  if (byte === MINUS && expected !== 'a digit or ":"')
    return new BencodeError({ code: 'INVALID_LENGTH', offset, path });
  return new BencodeError({ code: 'UNEXPECTED_BYTE', offset, path, byte, expected });
}

export function notAnInteger(
  input: Uint8Array,
  offset: number,
  path: BencodePath,
  digits: number,
): BencodeError {
  const byte = input[offset];
  if (byte === undefined) return endOfInput(offset, path, digits === 0 ? 2 : 1);
  const expected = digits === 0 ? 'a digit' : 'a digit or "e"';
  return new BencodeError({ code: 'INVALID_INTEGER', offset, path, byte, expected });
}

export function overItems(
  offset: number,
  frames: readonly Frame[],
  depth: number,
  limit: number,
): BencodeError {
  return new BencodeError({ code: 'ITEM_LIMIT', offset, path: pathTo(frames, depth), limit });
}
