import { encode } from '@millrace/bencode';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerWireError } from '../error.ts';
import { formatIp } from '../ip-address.ts';
import { concat, counting, fromHex } from '../testing/messages.ts';
import { decodePexMessage, encodePexMessage, type PexMessage } from './pex-message.ts';

const MESSAGE: PexMessage = {
  added: [
    { host: '192.0.2.7', port: 6881, uploadOnly: true, isReachable: true },
    { host: '192.0.2.8', port: 1 },
    {
      host: '2001:db8::7',
      port: 65_535,
      prefersEncryption: true,
      supportsUtp: true,
      supportsHolepunch: true,
    },
  ],
  dropped: [
    { host: '192.0.2.9', port: 256 },
    { host: '::1', port: 6882 },
  ],
};

describe('encodePexMessage and decodePexMessage', () => {
  it('write and read lists by family, with flags', () => {
    const encoded = encode({
      added: fromHex('c0000207 1ae1 c0000208 0001'),
      'added.f': fromHex('12 00'),
      added6: fromHex('20010db8000000000000000000000007 ffff'),
      'added6.f': fromHex('0d'),
      dropped: fromHex('c0000209 0100'),
      dropped6: fromHex('00000000000000000000000000000001 1ae2'),
    });
    expect(encodePexMessage(MESSAGE)).toEqual(encoded);
    expect(decodePexMessage(encoded)).toEqual(MESSAGE);
  });

  it('leave out lists that are empty', () => {
    expect(encodePexMessage({ added: [], dropped: [] })).toEqual(encode({}));
  });

  it.each([
    ['a list that is cut', { added: counting(11) }, 1, 0],
    [
      'flags that are too few or too many',
      { added: counting(12), 'added.f': counting(1), 'added6.f': counting(9) },
      2,
      0,
    ],
    ['fields of other types', { added: 5, 'added.f': [1], dropped: 'x', dropped6: { a: 1 } }, 0, 0],
    ['fields that are not known', { added: counting(6), hello: [[[]]] }, 1, 0],
    ['no field at all', {}, 0, 0],
  ])('take %s', (_, fields, added, dropped) => {
    const message = decodePexMessage(encode(fields));
    expect([message.added.length, message.dropped.length]).toEqual([added, dropped]);
  });

  it('look at so many addresses of each list only', () => {
    const long = encode({ added: new Uint8Array(6 * 10_000), dropped6: new Uint8Array(18 * 5_000) });
    const message = decodePexMessage(long);
    expect([message.added.length, message.dropped.length]).toEqual([200, 200]);
    expect(decodePexMessage(long, 3).added).toHaveLength(3);
  });

  it.each(['', 'le', 'i1e', 'd5:added99999999999:', 'd', 'dee', 'l'.repeat(200_000), 'd5:added'])(
    'refuse %j',
    (text) => {
      expect(() => decodePexMessage(new TextEncoder().encode(text))).toThrowError(
        expect.objectContaining({
          code: 'MALFORMED_EXTENSION',
          cause: text === 'le' || text === 'i1e' ? undefined : expect.anything(),
        }),
      );
    },
  );

  it.each([
    { host: 'peer.example', port: 1 },
    { host: '1.2.3.4', port: 65_536 },
    { host: '1.2.3.4', port: -1 },
  ])('do not write %j', (peer) => {
    expect(() => encodePexMessage({ added: [peer], dropped: [] })).toThrowError(RangeError);
    expect(() => encodePexMessage({ added: [], dropped: [peer] })).toThrowError(RangeError);
  });

  it('are inverse, up to the order of the families', () => {
    const ip = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    );
    const address = fc.record({ host: ip.map(formatIp), port: fc.nat({ max: 65_535 }) });
    fc.assert(
      fc.property(
        fc.array(address, { maxLength: 9 }),
        fc.array(address, { maxLength: 9 }),
        (added, dropped) => {
          const decoded = decodePexMessage(encodePexMessage({ added, dropped }));
          expect(new Set(decoded.added)).toEqual(new Set(added));
          expect(new Set(decoded.dropped)).toEqual(new Set(dropped));
          expect(encodePexMessage(decoded)).toEqual(encodePexMessage({ added, dropped }));
        },
      ),
    );
  });

  it('read any bytes, or refuse them with their one error', () => {
    const whole = encodePexMessage(MESSAGE);
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat({ max: whole.length }), fc.nat({ max: 4 }), (noise, at, cut) => {
        const mutated = concat(whole.subarray(0, at), noise, whole.subarray(at + cut));
        try {
          const { added, dropped } = decodePexMessage(mutated);
          expect(added.length + dropped.length).toBeLessThan(mutated.length / 6);
        } catch (error) {
          expect(PeerWireError.is(error)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
