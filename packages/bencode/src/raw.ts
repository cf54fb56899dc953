import { expectEnd } from './decode.ts';
import { parse } from './parse.ts';
import { type RawBencode, rawBencode } from './value.ts';

const ANY_FORM = {
  strict: false,
  integers: 'auto',
  maxDepth: Number.MAX_SAFE_INTEGER,
  maxItems: Number.MAX_SAFE_INTEGER,
  onIssue: undefined,
} as const;

/**
 * Wraps bytes that are bencode already, so that `encode` writes them as they are: an info dictionary keeps its
 * hash even if its form is not canonical. The bytes are not copied.
 *
 * @throws {BencodeError} if they are not exactly one value; departures `strict: false` accepts are accepted.
 */
export function raw(encoded: Uint8Array): RawBencode {
  expectEnd(encoded, parse(encoded, 0, ANY_FORM, []).end);
  return { [rawBencode]: encoded };
}
