import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { bytesOf } from './testing/bytes.ts';

describe('decode', () => {
  it('reads every kind of value', () => {
    const value = decode(bytesOf('d4:listli1ei-2e3:abcd1:ki0eee5:texts0:e'));
    expect(value).toEqual(
      new Map<string, unknown>([
        ['list', [1, -2, bytesOf('abc'), new Map([['k', 0]])]],
        ['texts', bytesOf('')],
      ]),
    );
  });
});
