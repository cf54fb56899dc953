import { BencodeError } from './error.ts';
import { type DecodeOptions, resolveLimits } from './options.ts';
import { parse } from './parse.ts';
import type { BencodeValue } from './value.ts';

/**
 * Decodes `input`, which must be exactly one value. Byte strings in the result are views of `input`, not copies:
 * they change with it and keep it alive.
 *
 * @throws {BencodeError} with a code, the byte offset and the path, whatever else the bytes are.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, bencoding}
 */
export function decode(input: Uint8Array, options: DecodeOptions = {}): BencodeValue {
  const { value, end } = parse(input, 0, resolveLimits(input, options));
  expectEnd(input, end);
  return value;
}

/**
 * Decodes the value `input` starts with and says how many bytes it took; whatever follows is not looked at.
 * Byte strings in the result are views of `input`.
 *
 * @throws {BencodeError} with `UNEXPECTED_END` if more bytes could complete the value, or another code if not.
 */
export function decodePrefix(
  input: Uint8Array,
  options: DecodeOptions = {},
): { readonly value: BencodeValue; readonly bytesRead: number } {
  const { value, end } = parse(input, 0, resolveLimits(input, options));
  return { value, bytesRead: end };
}

/** @throws {BencodeError} `TRAILING_BYTES` if `input` goes on after `end`. */
export function expectEnd(input: Uint8Array, end: number): void {
  if (end < input.length) {
    throw new BencodeError({ code: 'TRAILING_BYTES', offset: end, path: [], count: input.length - end });
  }
}
