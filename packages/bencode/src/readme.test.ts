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
  expect(stdout).toBe('42\n16384 demo\nd6:lengthi42e4:name4:demo12:piece lengthi16384ee\nUNEXPECTED_END 6\n');
});
