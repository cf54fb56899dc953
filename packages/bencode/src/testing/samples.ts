import * as fc from 'fast-check';
import type { BencodeValue } from '../value.ts';
import { bytesOf, textOf } from './bytes.ts';

/** A torrent with a bit of everything. */
export const TORRENT: Uint8Array<ArrayBuffer> = bytesOf(
  'd8:announce26:http://tracker.test/announ13:announce-listll26:http://tracker.test/announel1:xee' +
    '13:creation datei1700000000e4:infod5:filesld6:lengthi9007199254740993e4:pathl3:dir5:a.txtee' +
    'd6:lengthi0e4:pathl6:\xff\xfe\x80\x00\x7f:eee4:name4:demo12:piece lengthi16384e' +
    '6:pieces20:\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09lide0123455:x-negi-42eee',
);

const integers = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(10n ** 19n - 1n), max: 10n ** 19n - 1n })
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
);

const keys = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'length', 'path', ''),
  fc.uint8Array({ maxLength: 40 }).map(textOf),
);

/** Every value `decode` can return, dictionaries in any order. */
export const values: fc.Arbitrary<BencodeValue> = fc.letrec<{ value: BencodeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    integers,
    fc.uint8Array({ maxLength: 80 }),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(keys, tie('value')), { maxLength: 6 }).map((entries): BencodeValue => new Map(entries)),
  ),
})).value;

/** Bytes that get far into the decoder before they go wrong, if they do. */
export const nearlyBencode: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc
  .array(
    fc.constantFrom(
      'd',
      'l',
      'e',
      'e',
      'i0e',
      'i1e',
      'i-7e',
      '0:',
      '1:a',
      '1:b',
      '2:ab',
      '0',
      '1',
      '2',
      '3',
      ':',
      '-',
      'i',
    ),
    { maxLength: 14 },
  )
  .map((tokens) => bytesOf(tokens.join('')));
