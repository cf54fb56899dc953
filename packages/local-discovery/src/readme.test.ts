import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { parseInfoHash } from '@millrace/metainfo';
import { expect, it } from 'vitest';
import { encodeLocalAnnounces, LOCAL_GROUPS } from './announce.ts';
import { neighbour, say } from './testing/neighbour.ts';

const PACKAGE = new URL('..', import.meta.url);

it.skipIf(process.platform === 'win32')('runs the example of the README as it says', async () => {
  const readme = await readFile(new URL('README.md', PACKAGE), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const flags = ['--conditions=@millrace/source', '--input-type=module-typescript', '--eval', example];
  const env = { ...process.env, ADDRESS: '127.0.0.1' };
  const infoHashes = [parseInfoHash('0123456789abcdef0123456789abcdef01234567')];
  const [datagram = new Uint8Array(0)] = encodeLocalAnnounces({ port: 51_413, infoHashes }, LOCAL_GROUPS[0]);
  using socket = await neighbour();
  // No one knows when the example listens.
  const repeat = setInterval(() => void say(socket, datagram), 50);
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: PACKAGE, env });
  clearInterval(repeat);
  expect(stdout).toBe("{ host: '127.0.0.1', port: 51413 }\n");
});
