import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, userEnvironment } from '../lib/run.ts';
import type { PackedManifest } from './check-contents.ts';
import { PROGRAM, PORTABLE_PROGRAM } from './user-programs.ts';
import type { PackedPackage } from './pack.ts';

/** An installed package and the specifiers it can be imported by. */
export interface InstalledPackage {
  readonly packed: PackedPackage;
  readonly manifest: PackedManifest;
  readonly entryPoints: readonly string[];
}

const COMPILER_OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'es2022',
  skipLibCheck: false,
  allowImportingTsExtensions: true,
  noEmit: true,
};

/** An empty project outside the workspace, into which the tarballs are installed as a user would. */
export class UserProject {
  readonly #folder: string;
  readonly packages: readonly InstalledPackage[];

  private constructor(folder: string, packages: readonly InstalledPackage[]) {
    this.#folder = folder;
    this.packages = packages;
  }

  /** Installs the tarballs with npm, without running anybody's scripts. */
  static async install(
    folder: string,
    tarballs: readonly PackedPackage[],
    typesNode: string,
  ): Promise<UserProject> {
    await mkdir(folder, { recursive: true });
    const manifest = {
      private: true,
      type: 'module',
      dependencies: Object.fromEntries(tarballs.map(({ name, filename }) => [name, `file:${filename}`])),
      devDependencies: { '@types/node': typesNode },
    };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2));
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
    await run('npm', ['install', ...flags], { cwd: folder, env: userEnvironment() });

    const lock = await readFile(join(folder, 'package-lock.json'), 'utf8');
    if (lock.includes('"hasInstallScript"')) {
      throw new Error('Cannot accept the installation: a package of it has an install script');
    }
    return new UserProject(
      folder,
      await Promise.all(tarballs.map((packed) => readInstalled(folder, packed))),
    );
  }

  /** Imports every entry point and runs the small program and the command, all on `node`. */
  async runOn(node: string): Promise<void> {
    const options = { cwd: this.#folder, env: userEnvironment() };
    for (const { entryPoints } of this.packages) {
      for (const specifier of entryPoints)
        await run(node, ['--input-type=module', '-e', importing(specifier)], options);
    }
    await writeFile(join(this.#folder, 'program.ts'), PROGRAM);
    await run(node, ['program.ts'], options);
    await this.#runCommands(node);
  }

  /** Type-checks the programs with `tsc` under `strict`, as module `nodenext` and for a bundler, libraries included. */
  async typeCheck(node: string, tsc: string): Promise<void> {
    const portable = this.packages.flatMap(({ entryPoints }) =>
      entryPoints.filter((name) => !name.endsWith('/node')),
    );
    const all = this.packages.flatMap(({ entryPoints }) => entryPoints);
    await writeFile(join(this.#folder, 'program.ts'), PROGRAM + everyExport(all));
    await writeFile(join(this.#folder, 'portable.ts'), PORTABLE_PROGRAM + everyExport(portable));
    const bundler = { module: 'esnext', moduleResolution: 'bundler' };
    const projects = {
      nodenext: { files: ['program.ts'], options: { module: 'nodenext', types: ['node'] } },
      bundler: { files: ['program.ts'], options: { ...bundler, types: ['node'] } },
      // A browser: the cores must need no type of Node's.
      browser: {
        files: ['portable.ts'],
        options: { ...bundler, types: [], lib: ['es2024', 'esnext.disposable', 'dom'] },
      },
    };
    for (const [name, { files, options }] of Object.entries(projects)) {
      const config = { compilerOptions: { ...COMPILER_OPTIONS, ...options }, files };
      await writeFile(join(this.#folder, `tsconfig.${name}.json`), JSON.stringify(config));
      await run(node, [tsc, '-p', `tsconfig.${name}.json`], { cwd: this.#folder });
    }
  }

  async #runCommands(node: string): Promise<void> {
    for (const { packed, manifest } of this.packages) {
      for (const [command, path] of Object.entries(manifest.bin ?? {})) {
        const file = join(this.#folder, 'node_modules', packed.name, path);
        const printed = await run(node, [file, '--version'], { cwd: this.#folder, env: userEnvironment() });
        if (printed.trim().split(' ').at(-1) !== packed.version) {
          throw new Error(
            `Cannot accept "${command} --version": it says "${printed.trim()}", expected ${packed.version}`,
          );
        }
      }
    }
  }
}

async function readInstalled(folder: string, packed: PackedPackage): Promise<InstalledPackage> {
  const text = await readFile(join(folder, 'node_modules', packed.name, 'package.json'), 'utf8');
  const manifest: PackedManifest & { readonly version: string } = JSON.parse(text);
  if (manifest.version !== packed.version) {
    throw new Error(
      `Cannot accept ${packed.name}: ${manifest.version} was installed, expected ${packed.version}`,
    );
  }
  const subpaths = Object.keys(manifest.exports ?? {}).filter((subpath) => !subpath.endsWith('.json'));
  return { packed, manifest, entryPoints: subpaths.map((subpath) => packed.name + subpath.slice(1)) };
}

function importing(specifier: string): string {
  const refusal = `Cannot accept ${specifier}: it exports nothing or a default`;
  return `const m = await import('${specifier}'); const names = Object.keys(m);
    if (names.length === 0 || names.includes('default')) throw new Error('${refusal}');`;
}

function everyExport(specifiers: readonly string[]): string {
  return specifiers
    .map(
      (name, index) =>
        `\nimport * as entry${index} from '${name}';\nexport const names${index} = Object.keys(entry${index});\n`,
    )
    .join('');
}
