import { expectEnd } from './decode.ts';
import { BencodeNode } from './node.ts';
import { type DecodeOptions, resolveLimits } from './options.ts';
import { parse, type Tape } from './parse.ts';

/**
 * Checks `input`, which must be exactly one value, and returns its root node. Accepts and refuses what `decode`
 * does, but makes values only where they are asked for; each node knows the exact bytes it came from.
 *
 * @throws {BencodeError} as `decode` does.
 */
export function scan(input: Uint8Array, options: DecodeOptions = {}): BencodeNode {
  const root = scanPrefix(input, options);
  expectEnd(input, root.raw.length);
  return root;
}

/**
 * Scans the value `input` starts with; whatever follows is not looked at. `raw.length` of the returned root node
 * is where it starts.
 *
 * @throws {BencodeError} as `decodePrefix` does.
 */
export function scanPrefix(input: Uint8Array, options: DecodeOptions = {}): BencodeNode {
  const limits = resolveLimits(input, options);
  const tape: Tape = [];
  parse(input, 0, limits, tape);
  // Issues have been reported once; reading a node again must not repeat them.
  return new BencodeNode({ input, tape, limits: { ...limits, onIssue: undefined } }, 0);
}
