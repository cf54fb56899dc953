import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { asBytes } from './testing/bytes.ts';
import { ANSWER } from './testing/sample.ts';
import { startHttp } from './testing/tracker-server.ts';

const PACKAGE = new URL('..', import.meta.url);

it('runs the example of the README as it says', async () => {
  await using server = await startHttp((_request, response) => void response.end(asBytes(ANSWER)));
  const readme = await readFile(new URL('README.md', PACKAGE), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const flags = ['--conditions=@millrace/source', '--input-type=module-typescript', '--eval', example];
  const env = { ...process.env, TRACKER: server.url };
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: PACKAGE, env });
  expect(stdout).toBe('192.0.2.7:6881\nagain in 900 s\n');
});

it('loads neither TLS nor what fetch needs to ask a tracker that speaks HTTP', async () => {
  await using server = await startHttp((_request, response) => void response.end(asBytes(ANSWER)));
  const source = `import { announce } from '@millrace/tracker-client/node';
    const bytes = new Uint8Array(20);
    const request = { infoHash: bytes, peerId: bytes, port: 1, uploaded: 0, downloaded: 0, left: 0 };
    const { peers } = await announce('${server.url}', request);
    const isHeavy = (name: string) => /^NativeModule (tls|http2|.*undici)/.test(name);
    console.log(peers.length, process.moduleLoadList.filter(isHeavy).join());`;
  const flags = ['--conditions=@millrace/source', '--input-type=module-typescript', '--eval', source];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: PACKAGE });
  expect(stdout).toBe('1 \n');
});

it('loads no HTTP client with the codec', async () => {
  const source = `import '@millrace/tracker-client'; import { registerHooks } from 'node:module';
    console.log(process.moduleLoadList.some((name) => / (net|http|zlib)$/.test(name) && name.startsWith('NativeModule')));`;
  const flags = ['--conditions=@millrace/source', '--input-type=module-typescript', '--eval', source];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: PACKAGE });
  expect(stdout).toBe('false\n');
});
