import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const STEPS = join(import.meta.dirname, '../.ci/steps.sh');

/** Runs steps as .ci/run does. */
function runSteps(...steps: readonly string[]): { lines: string[]; status: number | null } {
  const script = ['set -uo pipefail', `source '${STEPS}'`, 'begin 60', ...steps, 'finish'].join('\n');
  const { stdout, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8', timeout: 20_000 });
  return { lines: stdout.trimEnd().split('\n'), status };
}

const saying = (line: string, code = 0): string => `bash -c "echo '${line}'; exit ${code}"`;

// GNU tail and timeout: CI runs this on Debian.
describe.runIf(process.platform === 'linux')('.ci/steps.sh', () => {
  it('counts each check as one, and goes on after a failure', () => {
    const { lines, status } = runSteps('check a 9 true', 'check b 9 false', 'check c 9 true');
    expect(lines.at(-1)).toBe('2 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });

  it('adds up the closing lines of test runs', () => {
    const { lines, status } = runSteps(
      `tests unit 9 ${saying('10 passed, 0 failed, 2 skipped')}`,
      `tests interop 9 ${saying('5 passed, 0 failed, 1 skipped')}`,
      'check lint 9 true',
    );
    expect(lines.at(-1)).toBe('16 passed, 0 failed, 3 skipped');
    expect(status).toBe(0);
  });

  it('reads a closing line that is not the last, and one in colour', () => {
    const { lines } = runSteps(
      `tests a 9 bash -c "echo '1 passed, 1 failed, 0 skipped'; echo ELIFECYCLE; exit 1"`,
      `tests b 9 printf '\\033[32m2 passed, 0 failed, 0 skipped\\033[39m\\n'`,
    );
    expect(lines.at(-1)).toBe('3 passed, 1 failed, 0 skipped');
  });

  it.each([
    [
      'that fails although no test did',
      saying('3 passed, 0 failed, 0 skipped', 1),
      '3 passed, 1 failed, 0 skipped',
    ],
    ['without a closing line', 'true', '0 passed, 1 failed, 0 skipped'],
    ['that cannot start', 'no-such-program', '0 passed, 1 failed, 0 skipped'],
  ])('counts a failure for a run %s', (_what, command, closing) => {
    const { lines, status } = runSteps(`tests unit 9 ${command}`);
    expect(lines.at(-1)).toBe(closing);
    expect(status).toBe(1);
  });

  it('prints one plain closing line only, and every step with its verdict', () => {
    const { lines } = runSteps(
      `tests unit 9 ${saying('3 passed, 0 failed, 0 skipped')}`,
      'check lint 9 false',
    );
    expect(lines.filter((line) => /^\d+ passed/.test(line))).toEqual(['3 passed, 1 failed, 0 skipped']);
    expect(lines).toContainEqual(expect.stringMatching(/^unit +\d+ +9 {2}passed$/));
    expect(lines).toContainEqual(expect.stringMatching(/^lint +\d+ +9 {2}failed: exit code 1$/));
  });

  it('ends a step that takes too long, and one that leaves a process behind', () => {
    const { lines } = runSteps(
      'check slow 1 sleep 15',
      'check daemon 9 bash -c "sleep 15 & exit 0"',
      'check next 9 true',
    );
    expect(lines.at(-1)).toBe('2 passed, 1 failed, 0 skipped');
    expect(lines).toContainEqual(expect.stringMatching(/^slow .*failed: out of time$/));
  });
});
