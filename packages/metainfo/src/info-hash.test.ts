import { describe, expect, it } from 'vitest';
import { formatInfoHash, infoHash, parseInfoHash } from './info-hash.ts';

const HEX = '0123456789abcdef0123456789abcdef01234567';

describe('infoHash', () => {
  it('copies what it is given', () => {
    const bytes = new Uint8Array(20);
    const hash = infoHash(bytes);
    bytes.fill(1);
    expect(hash).toEqual(new Uint8Array(20));
  });

  it('never hands out a Buffer', () => {
    expect(Object.getPrototypeOf(infoHash(Buffer.alloc(20)))).toBe(Uint8Array.prototype);
  });

  it.each([0, 19, 21, 32])('refuses %d bytes', (length) => {
    expect(() => infoHash(new Uint8Array(length))).toThrow(`Cannot use ${length} bytes as an info hash`);
  });
});

describe('parseInfoHash', () => {
  it('reads hexadecimal digits of either case, and formatInfoHash writes them in lower case', () => {
    expect(parseInfoHash(HEX).slice(0, 3)).toEqual(Uint8Array.of(0x01, 0x23, 0x45));
    expect(formatInfoHash(parseInfoHash(HEX.toUpperCase()))).toBe(HEX);
  });

  it.each(['', HEX.slice(1), `${HEX}0`, `g${HEX.slice(1)}`, ` ${HEX}`, `${HEX}\n`, `0x${HEX.slice(2)}`])(
    'refuses %j',
    (text) => {
      expect(() => parseInfoHash(text)).toThrow(RangeError);
    },
  );

  it('shows what it refuses bounded and without control characters', () => {
    expect(() => parseInfoHash(`\u001b[2J${'x'.repeat(1000)}`)).toThrow(/^[ -~…]{1,200}$/);
  });
});
