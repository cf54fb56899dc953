import { decode } from '@millrace/bencode';
import { describe, expect, it } from 'vitest';
import { bencodeToJson } from './bencode-json.ts';

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}

describe('bencodeToJson()', () => {
  it.each([
    ['d3:foo3:bar5:helloi52ee', '{"foo":"bar","hello":52}'],
    ['i-52e', '-52'],
    ['i9007199254740993e', '9007199254740993'],
    ['i-9223372036854775808e', '-9223372036854775808'],
    ['0:', '""'],
    ['le', '[]'],
    ['de', '{}'],
    ['l5:helloi52eli1eee', '["hello",52,[1]]'],
    ['3:a"\\', '"a\\"\\\\"'],
    ['6:\xe6\x97\xa5\xe6\x9c\xac', '"日本"'],
    ['4:\xef\xbb\xbfa', '"\\ufeffa"'],
    ['5:\x1b[2J\n', '"\\u001b[2J\\n"'],
    ['2:\xc2\x9b', '"\\u009b"'],
    ['3:\xe2\x80\xae', '"\\u202e"'],
    // Not UTF-8
    ['2:\xff\x00', '{"$bytes":"ff00"}'],
    ['2:\xc0\x80', '{"$bytes":"c080"}'],
    ['3:\xed\xa0\x80', '{"$bytes":"eda080"}'],
    ['d2:\xff\x00i1ee', '{"$bytes:ff00":1}'],
    // What only looks like the above
    ['d6:$bytes4:ff00e', '{"$$bytes":"ff00"}'],
    ['d11:$bytes:ff00i1ee', '{"$$bytes:ff00":1}'],
    ['d7:$$bytesi1ee', '{"$$$bytes":1}'],
    ['d1:$i1ee', '{"$$":1}'],
    // Order and names that objects treat in their own way
    ['d2:10i1e1:2i2ee', '{"10":1,"2":2}'],
    ['d9:__proto__i1e11:constructori2ee', '{"__proto__":1,"constructor":2}'],
  ])('shows %j as %s', (bencoded, json) => {
    expect(bencodeToJson(decode(bytes(bencoded)))).toBe(json);
  });

  it('writes JSON that every parser reads', () => {
    const all = Array.from({ length: 256 }, (_, byte) => `1:${String.fromCharCode(byte)}`).join('');
    const parsed: unknown = JSON.parse(bencodeToJson(decode(bytes(`l${all}e`))));
    const expected = Array.from({ length: 256 }, (_, byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : { $bytes: byte.toString(16) },
    );
    expect(parsed).toEqual(expected);
  });
});
