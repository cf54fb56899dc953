import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { scan } from './scan.ts';
import { bytesOf, textOf } from './testing/bytes.ts';
import { REJECTIONS } from './testing/rejections.ts';
import { TORRENT } from './testing/samples.ts';

describe('scan', () => {
  it('knows the exact bytes of each value', () => {
    const root = scan(bytesOf('d1:ai1e4:infod4:name1:x4:sizei9e4:texti-0ee1:zlee'), { strict: false });
    expect(textOf(root.get('info')!.raw)).toBe('d4:name1:x4:sizei9e4:texti-0ee');
    expect(textOf(root.get('info')!.get('size')!.raw)).toBe('i9e');
    expect(textOf(root.get('info')!.get('text')!.raw)).toBe('i-0e');
    expect(textOf(root.get('z')!.raw)).toBe('le');
    expect(root.get('info')!.get('name')!.offset).toBe(20);
  });

  it('keeps the bytes of a dictionary whose form is not canonical', () => {
    const info = 'd6:lengthi007e4:name1:x4:name1:y1:ai-0ee';
    const root = scan(bytesOf(`d1:z0:4:info${info}e`), { strict: false });
    expect(textOf(root.get('info')!.raw)).toBe(info);
    expect(root.get('info')!.get('name')!.value()).toEqual(bytesOf('x'));
  });

  it('copies nothing', () => {
    const input = Buffer.from('..d4:info4:abcde..').subarray(2, 16);
    const info = scan(input).get('info')!;
    expect(info.raw.buffer).toBe(input.buffer);
    expect((info.value() as Uint8Array).buffer).toBe(input.buffer);
    expect(Object.getPrototypeOf(info.raw)).toBe(Uint8Array.prototype);
    input[9] = 0x7a;
    expect(textOf(info.raw)).toBe('4:zbcd');
  });

  it('tells kinds and lengths', () => {
    const root = scan(bytesOf('li-12e3:abcl0:0:ed1:a0:ee'));
    expect([...root.items()].map(({ kind, length }) => [kind, length])).toEqual([
      ['int', 0],
      ['bytes', 3],
      ['list', 2],
      ['dict', 1],
    ]);
    expect([root.kind, root.length]).toEqual(['list', 4]);
  });

  it('finds items and entries, and nothing where there are none', () => {
    const root = scan(bytesOf('d9:__proto__i3e1:ali1ei2eee'));
    const list = root.get('a')!;
    expect(list.at(1)!.value()).toBe(2);
    expect([list.at(2), list.at(-1), list.at(0.5), list.get('0')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([root.at(0), root.get('b'), root.get('constructor')]).toEqual([undefined, undefined, undefined]);
    expect([...root.entries()].map(([key, node]) => [key, node.value()])).toEqual([
      ['__proto__', 3],
      ['a', [1, 2]],
    ]);
    expect([
      [...root.items()],
      [...list.entries()],
      [...list.at(0)!.items()],
      [...list.at(0)!.entries()],
    ]).toEqual([[], [], [], []]);
    expect([list.at(0)!.get('a'), list.at(0)!.at(0)]).toEqual([undefined, undefined]);
    const text = scan(bytesOf('6:li1ei2'));
    expect([text.at(0), text.get('a'), [...text.items()], [...text.entries()]]).toEqual([
      undefined,
      undefined,
      [],
      [],
    ]);
  });

  it('reads values with the options it was given', () => {
    const root = scan(bytesOf('li1ei2ee'), { integers: 'bigint' });
    expect(root.value()).toEqual([1n, 2n]);
    expect(root.at(1)!.value()).toBe(2n);
  });

  it('reports each issue once, however often values are read', () => {
    const issues: number[] = [];
    const root = scan(bytesOf('li01ei-0ee'), { strict: false, onIssue: ({ offset }) => issues.push(offset) });
    root.value();
    root.at(0)!.value();
    expect(issues).toEqual([1, 5]);
  });

  it('ends even when its input is changed under it', () => {
    const input = bytesOf('l3:abci1ee');
    const root = scan(input);
    input.fill(0x31, 1);
    expect([root.at(0)!.length, root.at(1)!.length]).toBeDefined();
    expect(() => root.at(0)!.value()).toThrow(expect.objectContaining({ code: 'UNEXPECTED_END' }));
  });

  it('leads to the same values as decode', () => {
    const files = scan(TORRENT).get('info')!.get('files')!;
    expect(scan(TORRENT).value()).toEqual(decode(TORRENT));
    expect([...files.items()].map((file) => file.get('path')!.at(0)!.value())).toEqual([
      bytesOf('dir'),
      bytesOf('\xff\xfe\x80\x00\x7f:'),
    ]);
  });

  it.each(REJECTIONS)('refuses %j with %s at byte %i', (text, code, offset) => {
    expect(() => scan(bytesOf(text))).toThrow(expect.objectContaining({ code, offset }));
  });
});
