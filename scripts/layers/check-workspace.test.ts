import { describe, expect, it } from 'vitest';
import { checkWorkspace } from './check-workspace.ts';
import type { Violation } from './rules.ts';
import { manifest, withTree, type Tree } from './testing/fixture-tree.ts';

const check = (changes: Tree): Promise<Violation[]> => withTree(changes, checkWorkspace);
const core = 'packages/metainfo/src/core.ts';
const metainfo = 'packages/metainfo/package.json';
const uses = { '@millrace/bencode': 'workspace:^' };

/** A package as it lies in node_modules of metainfo, which depends on it. */
function installed(name: string, changes: Readonly<Record<string, unknown>>, more: Tree = {}): Tree {
  return {
    [metainfo]: manifest('packages/metainfo', { dependencies: { ...uses, [name]: '^1.0.0' } }),
    [`packages/metainfo/node_modules/${name}/package.json`]: JSON.stringify({ name, ...changes }),
    ...more,
  };
}

describe('checkWorkspace', () => {
  it('finds nothing in a workspace in good order', async () => {
    expect(await check({})).toEqual([]);
  });

  it.each([
    ['a static import', `import 'node:fs';`],
    ['an import without the prefix', `import { readFile } from 'fs/promises';`],
    ['a type import', `import type { Socket } from 'node:net';`],
    ['a re-export', `export { join } from 'node:path';`],
    ['a dynamic import', `export const fs = import('node:fs');`],
    ['an import type', `export type Socket = import('node:net').Socket;`],
    ['a require', `export const fs = require('node:fs');`],
    ['getBuiltinModule', `export const fs = process.getBuiltinModule('node:fs');`],
    ['the adapters of its own package', `import './node/files.ts';`],
    ['the adapters of another package', `import '@millrace/bencode/node';`],
  ])('refuses %s of Node in a core', async (_form, text) => {
    expect(await check({ [core]: `\n${text}` })).toMatchObject([
      { rule: 'node-import', path: core, line: 2 },
    ]);
  });

  it.each([
    'packages/metainfo/src/node/x.ts',
    'packages/metainfo/src/x.test.ts',
    'packages/metainfo/src/x.bench.ts',
  ])('allows Node in %s', async (path) => {
    expect(await check({ [path]: `import 'node:fs';` })).toEqual([]);
  });

  it('reads no import out of a comment or a string', async () => {
    const text = `// import 'node:fs';\nexport const text = "import 'node:fs'";`;
    expect(await check({ [core]: text })).toEqual([]);
  });

  it('refuses an outside package that needs Node in a core, and allows it in node/', async () => {
    const changes = installed('undici', {});
    const adapter = 'packages/metainfo/src/node/fetch.ts';
    expect(await check({ ...changes, [core]: `import 'undici';` })).toMatchObject([{ rule: 'node-import' }]);
    expect(await check({ ...changes, [adapter]: `import 'undici';` })).toEqual([]);
  });

  it('allows a mapped import in a core only if it has a portable default', async () => {
    const mapped = (fallback: string): Tree => ({
      [core]: `import '#sha1';`,
      [metainfo]: manifest('packages/metainfo', {
        dependencies: uses,
        imports: { '#sha1': { node: './dist/node/sha1.js', default: fallback } },
      }),
    });
    expect(await check(mapped('./dist/sha1.js'))).toEqual([]);
    expect(await check(mapped('./dist/node/sha1.js'))).toMatchObject([{ rule: 'node-import', path: core }]);
    expect(await check({ [core]: `import '#missing';` })).toMatchObject([{ rule: 'undeclared' }]);
  });

  it('refuses to import upwards', async () => {
    const path = 'packages/bencode/src/up.ts';
    expect(await check({ [path]: `import '@millrace/metainfo';` })).toMatchObject([
      { rule: 'direction', path },
    ]);
  });

  it('refuses to depend upwards, and the circle it makes', async () => {
    const dependencies = { '@millrace/metainfo': 'workspace:^' };
    const found = await check({
      'packages/bencode/package.json': manifest('packages/bencode', { dependencies }),
    });
    expect(found.map(({ rule }) => rule).toSorted()).toEqual(['direction', 'package-cycle']);
  });

  it('refuses a sibling by version instead of workspace:', async () => {
    const text = manifest('packages/metainfo', { dependencies: { '@millrace/bencode': '^0.1.0' } });
    expect(await check({ [metainfo]: text })).toMatchObject([{ rule: 'manifest', path: metainfo }]);
  });

  it('refuses an import that package.json does not declare', async () => {
    const path = 'packages/metainfo/src/parse.ts';
    expect(await check({ [metainfo]: manifest('packages/metainfo') })).toMatchObject([
      { rule: 'undeclared', path },
    ]);
    expect(await check({ [core]: `import 'left-pad';` })).toMatchObject([{ rule: 'undeclared', path: core }]);
  });

  it('refuses what only tests may have: a devDependency, the testkit, a helper of the tests', async () => {
    const dev = manifest('packages/metainfo', { dependencies: uses, devDependencies: { vitest: '1' } });
    expect(await check({ [metainfo]: dev, [core]: `import 'vitest';` })).toMatchObject([
      { rule: 'undeclared' },
    ]);
    expect(await check({ 'apps/cli/src/x.ts': `import '@millrace/testkit';` })).toMatchObject([
      { rule: 'testkit' },
    ]);
    expect(await check({ [core]: `import './testing/build.ts';` })).toMatchObject([{ rule: 'test-helper' }]);
  });

  it('refuses the testkit as a runtime dependency', async () => {
    const dependencies = { '@millrace/metainfo': 'workspace:^', '@millrace/testkit': 'workspace:^' };
    const found = await check({ 'apps/cli/package.json': manifest('apps/cli', { dependencies }) });
    expect(found).toMatchObject([{ rule: 'testkit', path: 'apps/cli/package.json' }]);
  });

  it.each([
    ['its index by path', `import './index.ts';`],
    ['itself by name', `import '@millrace/metainfo';`],
  ])('refuses a source that imports %s', async (_form, text) => {
    const found = await check({ [core]: text });
    expect(found).toMatchObject([{ rule: 'own-index', path: core }]);
  });

  it('refuses a relative import into another folder, even from a test', async () => {
    const path = 'packages/metainfo/src/x.test.ts';
    const text = `import '../../bencode/src/decode.ts';`;
    expect(await check({ [path]: text })).toMatchObject([{ rule: 'outside-folder', path }]);
  });

  it('allows a configuration file to import what all share', async () => {
    expect(await check({ 'packages/metainfo/tsup.config.ts': `import '../../tsup.shared.ts';` })).toEqual([]);
  });

  it.each([
    ['packages/metainfo/src', 'import'],
    ['scripts', 'import type'],
  ])('finds files in %s that %s each other', async (folder, keyword) => {
    const tree = {
      [`${folder}/a.ts`]: `${keyword} {} from './b.ts';`,
      [`${folder}/b.ts`]: `${keyword} {} from './c.ts';`,
      [`${folder}/c.ts`]: `${keyword} {} from './a.ts';`,
    };
    const message = 'Files import each other: a.ts → b.ts → c.ts → a.ts';
    expect(await check(tree)).toEqual([{ rule: 'import-cycle', path: `${folder}/a.ts`, message }]);
  });

  it('refuses a folder without a row in the table', async () => {
    const path = 'packages/left-pad/package.json';
    expect(await check({ [path]: manifest('packages/left-pad') })).toMatchObject([
      { rule: 'unknown-folder', path },
    ]);
  });

  it.each(['README.md', 'LICENSE', 'src/decode.test.ts'])('refuses a package without %s', async (name) => {
    const found = await check({ [`packages/bencode/${name}`]: undefined });
    expect(found).toMatchObject([{ rule: 'missing-file', path: 'packages/bencode' }]);
  });

  it.each([{ license: 'ISC' }, { type: 'commonjs' }, { engines: {} }, { repository: {} }])(
    'refuses a published manifest with %j',
    async (changes) => {
      const found = await check({
        [metainfo]: manifest('packages/metainfo', { dependencies: uses, ...changes }),
      });
      expect(found).toMatchObject([{ rule: 'manifest', path: metainfo }]);
    },
  );

  it('refuses a second outside dependency in a layer', async () => {
    const found = await check({
      ...installed('one', {}),
      [metainfo]: manifest('packages/metainfo', { dependencies: { ...uses, one: '1', two: '1' } }),
      'packages/metainfo/node_modules/two/package.json': '{"name":"two"}',
    });
    expect(found).toMatchObject([{ rule: 'outside-dependencies', path: metainfo }]);
  });

  it('refuses an install script, its own or of what a user installs with it', async () => {
    const scripts = { postinstall: 'node-gyp-build' };
    const own = manifest('packages/metainfo', { dependencies: uses, scripts });
    expect(await check({ [metainfo]: own })).toMatchObject([{ rule: 'install-script', path: metainfo }]);
    expect(await check(installed('fast', { scripts }))).toMatchObject([{ rule: 'install-script' }]);
  });

  it.each([
    ['binding.gyp', 'binding.gyp'],
    ['prebuilds/linux-x64/fast.node', 'fast.node'],
  ])('refuses a native module below a dependency, known by %s', async (path) => {
    const inner = 'packages/metainfo/node_modules/inner';
    const found = await check(
      installed(
        'outer',
        { dependencies: { inner: '1' } },
        {
          [`${inner}/package.json`]: '{"name":"inner"}',
          [`${inner}/${path}`]: '',
        },
      ),
    );
    expect(found).toMatchObject([
      { rule: 'native-module', message: `inner is a native module: it has ${path}` },
    ]);
  });

  it('says what is not installed, and what it cannot parse', async () => {
    const text = manifest('packages/metainfo', { dependencies: { ...uses, missing: '1' } });
    expect(await check({ [metainfo]: text })).toMatchObject([{ rule: 'not-installed' }]);
    expect(await check({ [core]: 'export {' })).toMatchObject([{ rule: 'syntax', path: core }]);
  });
});
