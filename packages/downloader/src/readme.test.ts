import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSeeder, startTracker, torrentOf } from '@millrace/testkit';
import { expect, it } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

it('runs the example of the README against a tracker and a seeder', async () => {
  const readme = await readFile(join(PACKAGE, 'README.md'), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  await using tracker = await startTracker();
  const { metainfo, payload, torrentBytes } = await torrentOf(100_000, { tiers: [[tracker.url]] });
  await using _ = await startSeeder({ metainfo, payload, tracker: tracker.url });
  const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
  try {
    await writeFile(join(folder, 'debian.torrent'), torrentBytes);
    // The packages are found from here; the files of the example are those of the folder.
    const inFolder = `process.chdir(${JSON.stringify(folder)});\n`;
    const flags = [
      '--conditions=@millrace/source',
      '--input-type=module-typescript',
      '--eval',
      inFolder + example,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: PACKAGE });
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^\d+ bytes left$/);
    expect(lines.at(-1)).toContain('debian.iso');
    expect(payload).toEqual(new Uint8Array(await readFile(join(folder, 'debian.iso'))));
  } finally {
    await rm(folder, { recursive: true });
  }
});
