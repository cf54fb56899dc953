import { describe, expect, it } from 'vitest';
import { runMain } from '../testing/run-main.ts';

describe('millrace decode', () => {
  it('prints a dictionary', async () => {
    expect(await runMain(['decode', 'd3:foo3:bar5:helloi52ee'])).toEqual({
      exitCode: 0,
      out: '{"foo":"bar","hello":52}\n',
      err: '',
    });
  });

  it.each([
    ['5:hello', '"hello"'],
    ['i52e', '52'],
    ['i-52e', '-52'],
    ['l5:helloi52ee', '["hello",52]'],
    ['i9223372036854775807e', '9223372036854775807'],
    ['3:日', '"日"'],
  ])('prints %s as %s', async (bencoded, json) => {
    expect(await runMain(['decode', bencoded])).toEqual({ exitCode: 0, out: `${json}\n`, err: '' });
  });

  it('reads bytes of any kind from standard input', async () => {
    const stdin = Uint8Array.of(0x32, 0x3a, 0xff, 0x00);
    expect((await runMain(['decode', '-'], { stdin })).out).toBe('{"$bytes":"ff00"}\n');
  });

  it.each(['', 'x', 'i01e', '5:abc', 'i1ex', 'd1:b0:1:a0:e'])('refuses %j', async (bencoded) => {
    const { exitCode, out, err } = await runMain(['decode', '--', bencoded]);
    expect({ exitCode, out }).toEqual({ exitCode: 25, out: '' });
    expect(err).toMatch(/^millrace: Cannot .*\n/u);
  });

  it('says so where the shell handed over bytes that are no text', async () => {
    const { exitCode, err } = await runMain(['decode', '2:\uFFFDa']);
    expect(exitCode).toBe(25);
    expect(err).toContain('pipe them into: millrace decode -');
  });

  it('takes a negative-looking value after --', async () => {
    const { exitCode } = await runMain(['decode', '--', '-1:a']);
    expect(exitCode).toBe(25);
  });
});
