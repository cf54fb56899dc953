import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkTarballs } from './packages/check-tarballs.ts';
import { copyTree } from './release/copy-tree.ts';
import { checkVersions, readVersions } from './release/check-versions.ts';
import { readChangesets } from './release/changesets.ts';
import { run } from './lib/run.ts';

/** Does in a copy what a release does, up to the upload: versions, changelogs, build, tarballs, a user's project. */
const root = join(import.meta.dirname, '..');
const copy = await mkdtemp(join(tmpdir(), 'release-'));

try {
  await copyTree(root, copy);
  const changesets = await readChangesets(copy);
  const before = await readVersions(copy);
  console.log(
    `${changesets.length} changesets, for ${[...new Set(changesets.flatMap(({ packages }) => packages))].join(', ')}`,
  );

  await run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { cwd: copy });
  if (changesets.length > 0) await run('pnpm', ['run', 'version-packages'], { cwd: copy });
  const released = await checkVersions(copy, before, changesets);
  console.log(
    released.length === 0 ? 'nothing to release' : `versions and changelogs: ${released.join(', ')}`,
  );

  await run('pnpm', ['run', 'build'], { cwd: copy });
  await checkTarballs(copy, root, { onStep: (message) => console.log(message) });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(copy, { recursive: true, force: true });
}
