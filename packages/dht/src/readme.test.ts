import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PACKAGE = new URL('..', import.meta.url);

it('runs the example of the README as it says', async () => {
  const readme = await readFile(new URL('README.md', PACKAGE), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const flags = ['--conditions=@millrace/source', '--input-type=module-typescript', '--eval', example];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: PACKAGE });
  expect(stdout).toBe('stored on 1 node\n127.0.0.1:6881\nd5:hello5:worlde\n');
});
