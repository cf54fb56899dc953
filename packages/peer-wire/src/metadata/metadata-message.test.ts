import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerWireError } from '../error.ts';
import { concat, counting } from '../testing/messages.ts';
import { decodeMetadataMessage, encodeMetadataMessage, type MetadataMessage } from './metadata-message.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const VECTORS: readonly (readonly [MetadataMessage & { type: 'request' | 'data' | 'reject' }, string])[] = [
  [{ type: 'request', piece: 0 }, 'd8:msg_typei0e5:piecei0ee'],
  [{ type: 'reject', piece: 7 }, 'd8:msg_typei2e5:piecei7ee'],
  [
    { type: 'data', piece: 0, totalSize: 3425, data: bytes('xxxx') },
    'd8:msg_typei1e5:piecei0e10:total_sizei3425eexxxx',
  ],
];

describe('encodeMetadataMessage and decodeMetadataMessage', () => {
  it.each(VECTORS)('write and read %j', (message, text) => {
    expect(encodeMetadataMessage(message)).toEqual(bytes(text));
    expect(decodeMetadataMessage(bytes(text))).toEqual(message);
  });

  it('know no kinds that came later, and take dictionaries that are not in order', () => {
    expect(decodeMetadataMessage(bytes('d8:msg_typei3e5:fancy1:xe'))).toEqual({
      type: 'unknown',
      messageType: 3,
    });
    expect(decodeMetadataMessage(bytes('d5:piecei4e8:msg_typei0ee'))).toEqual({ type: 'request', piece: 4 });
  });

  it.each([
    '',
    'i0e',
    'le',
    'de',
    'd',
    'd8:msg_typei0ee',
    'd5:piecei0ee',
    'd8:msg_typei0e5:piecei-1ee',
    'd8:msg_typei-1e5:piecei0ee',
    'd8:msg_typei0e5:piece1:0e',
    'd8:msg_typei1e5:piecei0eexxxx',
    'd8:msg_typei1e5:piecei0e10:total_sizei-5eexxxx',
    'd8:msg_typei0e5:piecei99999999999999999eee',
    'd8:msg_typei0e5:piecei0.5ee',
    'd8:msg_typei0e5:piecei0e',
    '99999999999:a',
    'l'.repeat(100_000),
    `d8:msg_typei0e5:piecei0e1:zl${'0:'.repeat(1000)}ee`,
  ])('refuse %j', (text) => {
    expect(() => decodeMetadataMessage(bytes(text))).toThrowError(
      expect.objectContaining({
        code: 'MALFORMED_EXTENSION',
        detail: expect.objectContaining({ extension: 'ut_metadata' }),
      }),
    );
  });

  it('do not write what cannot be', () => {
    for (const piece of [-1, 0.5, Number.NaN]) {
      expect(() => encodeMetadataMessage({ type: 'request', piece })).toThrowError(RangeError);
    }
    const data = { type: 'data', piece: 0, totalSize: -1, data: counting(1) } as const;
    expect(() => encodeMetadataMessage(data)).toThrowError(RangeError);
  });

  it('are inverse', () => {
    const natural = fc.maxSafeNat();
    const message = fc.oneof(
      fc.record({ type: fc.constantFrom('request', 'reject'), piece: natural }),
      fc.record({ type: fc.constant('data'), piece: natural, totalSize: natural, data: fc.uint8Array() }),
    );
    fc.assert(
      fc.property(message, (any) => {
        expect(decodeMetadataMessage(encodeMetadataMessage(any))).toEqual(any);
      }),
    );
  });

  it('read any bytes, or refuse them with their one error', () => {
    const start = fc.constantFrom(...VECTORS.map(([, text]) => bytes(text)), new Uint8Array(0));
    fc.assert(
      fc.property(start, fc.uint8Array(), fc.nat({ max: 60 }), (whole, noise, at) => {
        const mutated = concat(whole.subarray(0, at), noise, whole.subarray(at + noise.length));
        try {
          decodeMetadataMessage(mutated);
        } catch (error) {
          expect(PeerWireError.is(error)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
