import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMembers } from '../layers/workspace.ts';
import type { Changeset } from './changesets.ts';

/** Version by package name, of the published members at `root`. */
export async function readVersions(root: string): Promise<ReadonlyMap<string, string>> {
  const members = await readMembers(root);
  return new Map(
    members
      .filter(({ manifest }) => manifest.private !== true)
      .map(({ manifest }) => [manifest.name, manifest.version ?? '']),
  );
}

/**
 * Checks that each package with a changeset got a higher version, and a changelog that says what the changeset says.
 *
 * @returns `name@version` of each package whose version changed, those pulled along included.
 * @throws {Error} naming each package that did not.
 */
export async function checkVersions(
  root: string,
  before: ReadonlyMap<string, string>,
  changesets: readonly Changeset[],
): Promise<string[]> {
  const after = await readVersions(root);
  const folders = new Map((await readMembers(root)).map(({ folder, manifest }) => [manifest.name, folder]));
  const problems: string[] = [];
  for (const { packages, summary } of changesets) {
    for (const name of packages) {
      const version = after.get(name);
      if (version === undefined) {
        problems.push(`${name} is not a published package`);
        continue;
      }
      if (version === before.get(name)) problems.push(`${name} is still ${version}`);
      const changelog = await readFile(join(root, folders.get(name) ?? '', 'CHANGELOG.md'), 'utf8').catch(
        () => '',
      );
      if (!changelog.includes(`## ${version}\n`))
        problems.push(`the changelog of ${name} has no entry for ${version}`);
      const [firstLine = ''] = summary.split('\n');
      if (!changelog.includes(firstLine))
        problems.push(`the changelog of ${name} does not say "${firstLine}"`);
    }
  }
  if (problems.length > 0) throw new Error(`Cannot release:\n${problems.join('\n')}`);
  return [...after].filter(([name, version]) => version !== before.get(name)).map((entry) => entry.join('@'));
}
