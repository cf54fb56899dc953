import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import type { BencodeIssue } from './options.ts';
import { scan } from './scan.ts';
import { bytesOf } from './testing/bytes.ts';
import { REJECTIONS } from './testing/rejections.ts';

const TOLERATED = new Set(['LEADING_ZERO', 'NEGATIVE_ZERO', 'KEYS_NOT_SORTED', 'DUPLICATE_KEY']);

type Case = readonly [text: string, value: unknown, issues: readonly string[]];

const CASES: readonly Case[] = [
  ['i007e', 7, ['LEADING_ZERO 0 ']],
  ['i00e', 0, ['LEADING_ZERO 0 ']],
  ['i-007e', -7, ['LEADING_ZERO 0 ']],
  ['i-0e', 0, ['NEGATIVE_ZERO 0 ']],
  ['i-00e', 0, ['LEADING_ZERO 0 ', 'NEGATIVE_ZERO 0 ']],
  ['i000000000000000000000000000009007199254740993e', 9_007_199_254_740_993n, ['LEADING_ZERO 0 ']],
  ['i000000000000000000000000000000000000000e', 0, ['LEADING_ZERO 0 ']],
  ['05:abcde', bytesOf('abcde'), ['LEADING_ZERO 0 ']],
  ['00:', bytesOf(''), ['LEADING_ZERO 0 ']],
  ['d01:ai1ee', new Map([['a', 1]]), ['LEADING_ZERO 1 ']],
  [
    'd1:bi1e1:ai2ee',
    new Map([
      ['b', 1],
      ['a', 2],
    ]),
    ['KEYS_NOT_SORTED 7 a'],
  ],
  ['d1:ai1e1:ai2ee', new Map([['a', 1]]), ['DUPLICATE_KEY 7 a']],
  [
    'd1:ai1e1:bi2e1:ai3e1:ci4ee',
    new Map([
      ['a', 1],
      ['b', 2],
      ['c', 4],
    ]),
    ['DUPLICATE_KEY 13 a'],
  ],
  [
    'd1:bi1e1:ai2e1:bi3ee',
    new Map([
      ['b', 1],
      ['a', 2],
    ]),
    ['KEYS_NOT_SORTED 7 a', 'DUPLICATE_KEY 13 b'],
  ],
  ['d1:al1:xe1:ad1:ki1eee', new Map([['a', [bytesOf('x')]]]), ['DUPLICATE_KEY 9 a']],
  [
    'd1:ai1e1:alld1:zi1e1:y0:eei01eee',
    new Map([['a', 1]]),
    ['DUPLICATE_KEY 7 a', 'KEYS_NOT_SORTED 19 a.0.0.y', 'LEADING_ZERO 26 a.1'],
  ],
  [
    'ld1:b0:1:a0:ei-0ee',
    [
      new Map([
        ['b', bytesOf('')],
        ['a', bytesOf('')],
      ]),
      0,
    ],
    ['KEYS_NOT_SORTED 7 0.a', 'NEGATIVE_ZERO 13 1'],
  ],
];

function format({ code, offset, path }: BencodeIssue): string {
  return `${code} ${offset} ${path.join('.')}`;
}

describe('decode and scan, not strict', () => {
  it.each(CASES)('read %j and report what is wrong with it', (text, value, expected) => {
    const decodeIssues: string[] = [];
    const decoded = decode(bytesOf(text), {
      strict: false,
      onIssue: (issue) => decodeIssues.push(format(issue)),
    });
    expect(decoded).toStrictEqual(value);
    expect(decodeIssues).toEqual(expected);

    const scanIssues: string[] = [];
    const root = scan(bytesOf(text), { strict: false, onIssue: (issue) => scanIssues.push(format(issue)) });
    expect(root.value()).toStrictEqual(value);
    expect([...root.entries()].map(([key, node]) => [key, node.value()])).toEqual(
      value instanceof Map ? [...value] : [],
    );
    expect(scanIssues).toEqual(expected);
  });

  it('keep the order of the input', () => {
    const value = decode(bytesOf('d1:c0:1:a0:1:b0:e'), { strict: false });
    expect([...(value as Map<string, unknown>).keys()]).toEqual(['c', 'a', 'b']);
  });

  it('refuse everything else that strict decoding refuses', () => {
    for (const [text, code, offset] of REJECTIONS) {
      const input = bytesOf(text);
      if (TOLERATED.has(code)) expect(() => decode(input, { strict: false })).not.toThrow();
      else expect(() => decode(input, { strict: false })).toThrow(expect.objectContaining({ code, offset }));
    }
  });

  it('report nothing about canonical input', () => {
    decode(bytesOf('d1:ai0e1:bl1:xi-1eee'), {
      strict: false,
      onIssue: (issue) => expect.fail(format(issue)),
    });
  });
});
