import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { natPmpAnswer, startGateway } from './testing/scripted-gateway.ts';

const PACKAGE = new URL('..', import.meta.url);

it('runs the example of the README as it says', async () => {
  using gateway = await startGateway((packet) => natPmpAnswer(packet, 7_000));
  const readme = await readFile(new URL('README.md', PACKAGE), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const flags = ['--conditions=@millrace/source', '--input-type=module-typescript', '--eval', example];
  const env = { ...process.env, GATEWAY: '127.0.0.1', GATEWAY_PORT: String(gateway.port) };
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: PACKAGE, env });
  expect(stdout).toBe('tcp 7000 nat-pmp\n');
  expect(gateway.packets).toHaveLength(2);
});
