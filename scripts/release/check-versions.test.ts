import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifest, withTree, type Tree } from '../layers/testing/fixture-tree.ts';
import { parseChangeset, type Changeset } from './changesets.ts';
import { checkVersions, readVersions } from './check-versions.ts';

const name = '@millrace/bencode';
const changesets: Changeset[] = [{ packages: [name], summary: 'Decodes faster.\n\nMore about it.' }];
const at = (version: string): string => manifest('packages/bencode', { version });

/** Checks a tree in which bencode was 0.1.0, after `changes` were made to it. */
function release(changes: Tree, made = changesets): Promise<string[]> {
  return withTree({ 'packages/bencode/package.json': at('0.1.0') }, async (root) => {
    const before = await readVersions(root);
    for (const [path, text = ''] of Object.entries(changes)) await writeFile(join(root, path), text);
    return checkVersions(root, before, made);
  });
}

describe('checkVersions', () => {
  const released: Tree = {
    'packages/bencode/package.json': at('0.2.0'),
    'packages/bencode/CHANGELOG.md': `# ${name}\n\n## 0.2.0\n\n### Minor Changes\n\n- abc: Decodes faster.\n`,
  };

  it('returns what was released', async () => {
    expect(await release(released)).toEqual([`${name}@0.2.0`]);
  });

  it('returns nothing where nothing is to be released', async () => {
    expect(await release({}, [])).toEqual([]);
  });

  it.each([
    ['the version stayed', { ...released, 'packages/bencode/package.json': at('0.1.0') }, 'is still 0.1.0'],
    [
      'the entry is missing',
      { ...released, 'packages/bencode/CHANGELOG.md': '# x\n' },
      'has no entry for 0.2.0',
    ],
    [
      'the entry says something else',
      { ...released, 'packages/bencode/CHANGELOG.md': '## 0.2.0\n\n- Other.\n' },
      'does not say "Decodes faster."',
    ],
  ])('throws if %s', async (_what, changes, message) => {
    await expect(release(changes)).rejects.toThrow(message);
  });

  it('throws for a changeset that names no published package', async () => {
    const made = [{ packages: ['@millrace/testkit'], summary: 'x' }];
    await expect(release(released, made)).rejects.toThrow('@millrace/testkit is not a published package');
  });
});

describe('parseChangeset', () => {
  it('reads the packages and the summary', () => {
    const text = `---\n'@millrace/bencode': minor\n"millrace": patch\n---\n\nDecodes faster.\n`;
    expect(parseChangeset(text)).toEqual({
      packages: ['@millrace/bencode', 'millrace'],
      summary: 'Decodes faster.',
    });
  });

  it('reads an empty changeset, and refuses what is none', () => {
    expect(parseChangeset('---\n---\n')).toEqual({ packages: [], summary: '' });
    expect(() => parseChangeset('Decodes faster.')).toThrow('Cannot read changeset');
  });

  it('reads the configuration of changesets as they are: one version per package', async () => {
    const text = await readFile(join(import.meta.dirname, '../../.changeset/config.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ fixed: [], linked: [], updateInternalDependencies: 'patch' });
  });
});
