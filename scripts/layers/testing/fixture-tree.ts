import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Contents by path relative to the root; `undefined` leaves a file of the base out. */
export type Tree = Readonly<Record<string, string | undefined>>;

const NODE = '>=22';

/** A package.json in good order, with `changes` over it. */
export function manifest(folder: string, changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    name: folder === 'apps/cli' ? 'millrace' : `@millrace/${folder.split('/').at(-1)}`,
    license: 'MIT',
    type: 'module',
    engines: { node: NODE },
    repository: { directory: folder },
    ...changes,
  });
}

/** Two layers, an app and the testkit, without a violation. */
const BASE: Tree = {
  'package.json': JSON.stringify({ name: 'root', private: true, engines: { node: NODE } }),
  ...publicFolder('packages/bencode', {}),
  'packages/bencode/src/index.ts': `export { decode } from './decode.ts';`,
  'packages/bencode/src/decode.ts': `export function decode(): void {}`,
  'packages/bencode/src/decode.test.ts': `import './index.ts'; import 'node:fs';`,
  ...publicFolder('packages/metainfo', { dependencies: { '@millrace/bencode': 'workspace:^' } }),
  'packages/metainfo/src/index.ts': `export { parse } from './parse.ts';`,
  'packages/metainfo/src/parse.ts': `export { decode as parse } from '@millrace/bencode';`,
  'packages/metainfo/src/node/files.ts': `import 'node:fs'; import '../parse.ts';`,
  'packages/metainfo/src/parse.test.ts': `import './testing/build.ts';`,
  'packages/metainfo/src/testing/build.ts': `export {};`,
  ...publicFolder('apps/cli', {
    dependencies: { '@millrace/metainfo': 'workspace:^' },
    devDependencies: { '@millrace/testkit': 'workspace:^' },
  }),
  'apps/cli/src/main.ts': `import 'node:process'; import '@millrace/metainfo/node';`,
  'apps/cli/src/main.test.ts': `import '@millrace/testkit';`,
  'packages/testkit/package.json': manifest('packages/testkit', {
    private: true,
    dependencies: { '@millrace/bencode': 'workspace:^' },
  }),
  'packages/testkit/src/index.ts': `import 'node:http'; import '@millrace/bencode';`,
  'packages/testkit/src/index.test.ts': ``,
};

function publicFolder(folder: string, changes: Readonly<Record<string, unknown>>): Tree {
  return {
    [`${folder}/package.json`]: manifest(folder, changes),
    [`${folder}/README.md`]: '# name',
    [`${folder}/LICENSE`]: 'MIT',
  };
}

/** Writes the base with `changes` over it into a new folder, hands its path to `use`, and removes it. */
export async function withTree<T>(changes: Tree, use: (root: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'layers-'));
  try {
    for (const [path, text] of Object.entries({ ...BASE, ...changes })) {
      if (text === undefined) continue;
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return await use(root);
  } finally {
    await rm(root, { recursive: true });
  }
}
