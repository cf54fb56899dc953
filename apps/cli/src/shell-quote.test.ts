import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellQuote } from './shell-quote.ts';

describe('shellQuote()', () => {
  it('leaves ordinary words alone', () => {
    expect(shellQuote(['millrace', 'download', '-o', 'a/b.iso', 'x.torrent'])).toBe(
      'millrace download -o a/b.iso x.torrent',
    );
  });

  it.skipIf(process.platform === 'win32')('gives a shell the same words back', () => {
    const words = ['a b', "it's", '$(touch x)', '`x`', '', '*', 'back\\slash', '"double"', '~'];
    const output = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${shellQuote(words)}`], {
      encoding: 'utf8',
    });
    expect(output.split('\n').slice(0, -1)).toEqual(words);
  });
});
