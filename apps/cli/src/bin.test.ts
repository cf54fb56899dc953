import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { outcomeOf, PROGRAM, runProgram, startProgram } from './testing/run-program.ts';
import { readVersion } from './version.ts';

describe('the built program', { timeout: 20_000 }, () => {
  it('is there: build it before testing it', () => {
    expect(existsSync(PROGRAM)).toBe(true);
  });

  it('prints its version', async () => {
    expect(await runProgram(['--version'])).toEqual({
      out: `millrace ${readVersion()}\n`,
      err: '',
      exitCode: 0,
    });
  });

  it('decodes its argument', async () => {
    const { out } = await runProgram(['decode', 'd3:foo3:bar5:helloi52ee']);
    expect(out).toBe('{"foo":"bar","hello":52}\n');
  });

  it('decodes what is piped into it', async () => {
    expect(await runProgram(['decode', '-'], 'l1:ai1ee')).toEqual({ out: '["a",1]\n', err: '', exitCode: 0 });
  });

  it('exits with the code of what went wrong', async () => {
    expect(await runProgram(['info', '-'], 'no torrent')).toMatchObject({ exitCode: 25, out: '' });
    expect(await runProgram(['infp'])).toMatchObject({ exitCode: 28, out: '' });
  });

  it('ends quietly when no one reads on', async () => {
    const child = startProgram(['decode', '-']);
    const outcome = outcomeOf(child);
    child.stdout.destroy();
    child.stdin.end(`l${'1:a'.repeat(200_000)}e`);
    expect(await outcome).toEqual({ out: '', err: '', exitCode: 0 });
  });

  it.skipIf(process.platform === 'win32').each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops on %s while it waits for input', async (signal, exitCode) => {
    const child = startProgram(['info', '-']);
    const outcome = outcomeOf(child);
    // More than a pipe holds: once all of it is written, the program reads, and so listens for signals.
    await new Promise<void>((resolve) => child.stdin.write('d'.repeat(1_000_000), () => resolve()));
    child.kill(signal);
    expect(await outcome).toEqual({ out: '', err: '', exitCode });
  });
});
