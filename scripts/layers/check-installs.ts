import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Violation } from './rules.ts';
import { readManifest, type Manifest, type Member } from './workspace.ts';

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

/** Checks that nothing a user installs with a published package runs a script or needs a compiler. */
export async function checkInstalls(root: string, members: readonly Member[]): Promise<Violation[]> {
  const workspace = new Set(members.map((member) => member.manifest.name));
  const violations: Violation[] = [];
  const seen = new Set<string>();

  const visit = async (from: string, manifest: Manifest): Promise<void> => {
    const optional = manifest.optionalDependencies ?? {};
    for (const name of Object.keys({ ...manifest.dependencies, ...optional })) {
      if (workspace.has(name)) continue;
      const folder = await findInstalled(from, name);
      const path = relative(root, from).split(sep).join('/') || '.';
      if (folder === undefined) {
        if (!Object.hasOwn(optional, name)) {
          violations.push({
            rule: 'not-installed',
            path,
            message: `${name} is not installed: run pnpm install`,
          });
        }
        continue;
      }
      if (seen.has(folder)) continue;
      seen.add(folder);
      const installed = await readManifest(folder);
      if (installed === undefined) continue;
      const report = (rule: 'install-script' | 'native-module', message: string): void => {
        violations.push({ rule, path, message });
      };
      for (const script of INSTALL_SCRIPTS) {
        if (installed.scripts?.[script] !== undefined)
          report('install-script', `${name} has a "${script}" script`);
      }
      const native = installed.gypfile === true ? 'binding.gyp' : await findNative(folder);
      if (native !== undefined) report('native-module', `${name} is a native module: it has ${native}`);
      await visit(folder, installed);
    }
  };
  for (const { folder, manifest } of members) {
    if (manifest.private !== true) await visit(join(root, folder), manifest);
  }
  return violations;
}

/** Looks for `name` as Node does: in `node_modules` of `from` and of each folder above it. */
async function findInstalled(from: string, name: string): Promise<string | undefined> {
  for (let folder = await realpath(from); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpath(candidate);
    if (dirname(folder) === folder) return undefined;
  }
}

async function findNative(folder: string): Promise<string | undefined> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile() && (entry.name === 'binding.gyp' || entry.name.endsWith('.node'))) return entry.name;
    if (!entry.isDirectory() || entry.name === 'node_modules') continue;
    const found = await findNative(join(folder, entry.name));
    if (found !== undefined) return `${entry.name}/${found}`;
  }
  return undefined;
}
