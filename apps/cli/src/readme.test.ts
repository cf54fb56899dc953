import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT_MEANINGS } from './exit-code.ts';
import { runMain } from './testing/run-main.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('README', () => {
  it('shows what its example really prints', async () => {
    const [, example = ''] = /```console\n([^]*?)```/u.exec(README) ?? [];
    const [command = '', ...output] = example.split('\n');
    const { out } = await runMain(command.replace('$ millrace ', '').split(' '));
    expect(out).toBe(output.join('\n'));
  });

  it('lists the exit codes as --help does', () => {
    const rows = [...README.matchAll(/^\| (\d+) \| (.*) \|$/gmu)].map(([, code, meaning]) => [
      Number(code),
      meaning,
    ]);
    expect(rows).toEqual(EXIT_MEANINGS);
  });

  it('names only commands that there are', async () => {
    const commands = [...README.matchAll(/^\| `(\w+) ?/gmu)].map(([, command = '']) => command);
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) expect((await runMain([command, '--help'])).exitCode).toBe(0);
  });
});
