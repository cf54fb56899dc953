import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const VITEST = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
const REPORTER = join(import.meta.dirname, 'closing-line.ts');

/** Runs Vitest on `files` with the reporter, in a folder of its own. */
function runTests(files: Readonly<Record<string, string>>): {
  lastLine: string | undefined;
  status: number | null;
} {
  const root = mkdtempSync(join(tmpdir(), 'closing-line-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
    const args = [VITEST, 'run', '--root', root, '--globals', '--reporter=default', `--reporter=${REPORTER}`];
    const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { lastLine: stdout.trimEnd().split('\n').at(-1), status };
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe('ClosingLine', () => {
  it('counts what passed and what was skipped, alone on the last line', () => {
    const { lastLine, status } = runTests({
      'a.test.js': `it('a', () => {}); it('b', () => {}); it.skip('c', () => {}); it.todo('d')`,
    });
    expect(lastLine).toBe('2 passed, 0 failed, 2 skipped');
    expect(status).toBe(0);
  });

  it('counts tests that fail, files and suites that break, and errors nobody caught', () => {
    const { lastLine, status } = runTests({
      'a.test.js': `it('passes', () => {}); it('fails', () => { expect(1).toBe(2) })`,
      'broken.test.js': `import './missing.js'`,
      'suite.test.js': `describe('s', () => { beforeAll(() => { throw new Error('no') }); it('never runs', () => {}) })`,
      'stray.test.js': `it('passes', () => { void Promise.reject(new Error('stray')) })`,
    });
    expect(lastLine).toBe('2 passed, 4 failed, 1 skipped');
    expect(status).toBe(1);
  });
});
