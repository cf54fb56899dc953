import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { bytes, dict, int, list, oneOf, text } from './schema.ts';
import { bytesOf } from './testing/bytes.ts';

describe('dict', () => {
  it('reads typed fields', () => {
    const reader = dict({
      peers: oneOf(bytes(), list(dict({ ip: text(), port: int({ min: 1, max: 65_535 }) }))),
      warning: text().optional(),
      interval: int().default(1800),
    });
    expect(reader.read(decode(bytesOf('d5:peersld2:ip3:::14:porti80eeee')))).toEqual({
      peers: [{ ip: '::1', port: 80 }],
      warning: undefined,
      interval: 1800,
    });
    expect(() => reader.read(decode(bytesOf('d5:peersld2:ip3:::14:porti0eeee')))).toThrow(
      'Cannot read peers[0].port: it is 0, expected an integer from 1 to 65535',
    );
  });
});
