import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeBinary } from '../lib/node-binary.ts';
import { checkContents } from './check-contents.ts';
import { packAll, type PackedPackage } from './pack.ts';
import { UserProject } from './user-project.ts';

export interface TarballCheckOptions {
  /** Exact versions of Node to try besides the running one. */
  readonly nodes?: readonly string[];
  /** Told what has passed. */
  readonly onStep?: (message: string) => void;
}

/**
 * Packs the built packages of the workspace at `root` and uses them as a user would: installs the tarballs into an empty
 * project, imports every entry point, type-checks a small program, runs it and the command.
 *
 * @param tools - A workspace with dependencies installed, whose `tsc` is used.
 * @throws {Error} saying the first thing that is wrong.
 */
export async function checkTarballs(
  root: string,
  tools: string,
  { nodes = [], onStep = () => {} }: TarballCheckOptions = {},
): Promise<readonly PackedPackage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tarballs-'));
  try {
    await mkdir(join(folder, 'tarballs'));
    const packed = await packAll(root, join(folder, 'tarballs'));
    onStep(`packed ${packed.map(({ name, version }) => `${name}@${version}`).join(', ')}`);

    const typesNode = await installedVersion(tools, '@types/node');
    const project = await UserProject.install(join(folder, 'project'), packed, typesNode);
    const problems = project.packages.flatMap(({ packed: tarball, manifest }) =>
      checkContents(tarball, manifest),
    );
    if (problems.length > 0) throw new Error(`Cannot accept the tarballs:\n${problems.join('\n')}`);
    onStep('installed into an empty project; contents in order');

    await project.typeCheck(process.execPath, join(tools, 'node_modules/typescript/bin/tsc'));
    onStep('type-checked under strict: nodenext, bundler, and the cores without the types of Node');

    await project.runOn(process.execPath);
    onStep(`imported and run on Node ${process.versions.node}`);
    for (const version of nodes) {
      await project.runOn(await nodeBinary(version));
      onStep(`imported and run on Node ${version}`);
    }
    return packed;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function installedVersion(tools: string, name: string): Promise<string> {
  const manifest: { readonly version: string } = JSON.parse(
    await readFile(join(tools, 'node_modules', name, 'package.json'), 'utf8'),
  );
  return manifest.version;
}
