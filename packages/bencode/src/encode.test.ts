import { describe, expect, it } from 'vitest';
import { encode } from './encode.ts';
import { textOf } from './testing/bytes.ts';

describe('encode', () => {
  it('writes every kind of value', () => {
    expect(textOf(encode({ b: [1, -2n, 'é', new Uint8Array([255])], a: new Map([['k', {}]]) }))).toBe(
      'd1:ad1:kdee1:bli1ei-2e2:Ã©1:ÿee',
    );
  });
});
