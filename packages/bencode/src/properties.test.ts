import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decode } from './decode.ts';
import { encode, encodedLength, encodeInto } from './encode.ts';
import { BencodeError, type BencodeErrorDetail } from './error.ts';
import type { BencodeNode } from './node.ts';
import type { BencodeIssue, DecodeOptions } from './options.ts';
import { raw } from './raw.ts';
import { scan } from './scan.ts';
import { nearlyBencode, TORRENT, values } from './testing/samples.ts';
import type { BencodeValue } from './value.ts';

/** Returns what came of it, failures as data, so that two ways to the same end can be compared. */
function outcomeOf(read: (options: DecodeOptions) => BencodeValue, strict: boolean): unknown {
  const issues: BencodeIssue[] = [];
  try {
    return { value: read({ strict, onIssue: (issue) => issues.push(issue) }), issues };
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    return { detail: error.detail satisfies BencodeErrorDetail, issues };
  }
}

/** Reads a scanned value through its nodes only. */
function assemble(node: BencodeNode): BencodeValue {
  switch (node.kind) {
    case 'int':
    case 'bytes':
      return node.value();
    case 'list':
      return [...node.items()].map(assemble);
    case 'dict':
      return new Map([...node.entries()].map(([key, item]) => [key, assemble(item)]));
  }
}

it('decode inverts encode', () => {
  fc.assert(
    fc.property(values, (value) => {
      const encoded = encode(value);
      expect(decode(encoded, { maxDepth: 1000 })).toStrictEqual(value);
      expect(encodedLength(value)).toBe(encoded.length);
      const target = new Uint8Array(encoded.length + 3);
      expect(encodeInto(value, target, 3)).toBe(encoded.length);
      expect(target.subarray(3)).toEqual(encoded);
      expect(encode(raw(encoded))).toEqual(encoded);
    }),
  );
});

it('whatever decodes strictly encodes to the same bytes', () => {
  let decoded = 0;
  fc.assert(
    fc.property(nearlyBencode, (input) => {
      let value;
      try {
        value = decode(input);
      } catch (error) {
        if (!(error instanceof BencodeError)) throw error;
        return;
      }
      decoded += 1;
      expect(encode(value)).toEqual(input);
    }),
    { numRuns: 5000 },
  );
  expect(decoded).toBeGreaterThan(50);
});

it('scan agrees with decode, whatever the bytes and however strict', () => {
  const inputs = fc.oneof(
    nearlyBencode,
    values.map((value) => encode(value)),
    fc.uint8Array({ maxLength: 30 }),
  );
  fc.assert(
    fc.property(inputs, fc.boolean(), (input, strict) => {
      const expected = outcomeOf((options) => decode(input, options), strict);
      expect(outcomeOf((options) => scan(input, options).value(), strict)).toStrictEqual(expected);
      expect(outcomeOf((options) => assemble(scan(input, options)), strict)).toStrictEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

it('every node of a scan is what decode makes of its bytes', () => {
  const visit = (node: BencodeNode): void => {
    expect(decode(node.raw)).toStrictEqual(node.value());
    for (const item of node.items()) visit(item);
    for (const [, item] of node.entries()) visit(item);
  };
  visit(scan(TORRENT));
  fc.assert(
    fc.property(values, (value) => {
      visit(scan(encode(value)));
    }),
  );
});

it('a changed torrent decodes, or is refused with a BencodeError', () => {
  const changes = fc.array(
    fc.tuple(
      fc.nat(TORRENT.length - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('dlie0123:-'))),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(changes, fc.boolean(), (edits, strict) => {
      const input = TORRENT.slice();
      for (const [offset, byte] of edits) input[offset] = byte;
      const outcome = outcomeOf((options) => decode(input, options), strict);
      expect(outcomeOf((options) => scan(input, options).value(), strict)).toStrictEqual(outcome);
    }),
    { numRuns: 1000 },
  );
});
