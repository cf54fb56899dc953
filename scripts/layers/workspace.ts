import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RULES, type FolderRule } from './rules.ts';

/** The fields of a package.json that the checks read. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: { readonly node?: string };
  readonly repository?: { readonly directory?: string };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly imports?: Readonly<Record<string, ImportTarget>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly gypfile?: boolean;
}

/** A value in `imports`: a path, or conditions that lead to one. */
export type ImportTarget = string | { readonly [condition: string]: ImportTarget };

/** A folder of the workspace with a package.json. */
export interface Member {
  /** Relative to the root, with forward slashes: `packages/bencode`. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** `undefined` if the table has no row for it. */
  readonly rule: FolderRule | undefined;
  /** Its TypeScript files, relative to the root. */
  readonly files: readonly string[];
}

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.turbo']);

/** Lists the TypeScript files below `folder`, relative to `root`; nothing if there is no such folder. */
export async function listSources(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(ignoreMissing);
  const found: string[] = [];
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) found.push(...(await listSources(root, path)));
    if (entry.isFile() && /\.[cm]?tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts')) found.push(path);
  }
  return found;
}

/** Reads a package.json; `undefined` if the folder has none. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    const manifest: Manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return manifest;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`Cannot read ${join(folder, 'package.json')}`, { cause: error });
  }
}

/** Reads every member: the folders in `packages/` and `apps/`, `interop` and `bench`. */
export async function readMembers(root: string): Promise<Member[]> {
  const folders = ['interop', 'bench'];
  for (const parent of ['packages', 'apps']) {
    const entries = await readdir(join(root, parent), { withFileTypes: true }).catch(ignoreMissing);
    folders.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => `${parent}/${entry.name}`));
  }
  const members: Member[] = [];
  for (const folder of folders.toSorted()) {
    const manifest = await readManifest(join(root, folder));
    if (manifest === undefined) continue;
    members.push({ folder, manifest, rule: RULES[folder], files: await listSources(root, folder) });
  }
  return members;
}

/** Where the imports of a file may point, by what the file is. */
export function roleOf(path: string): 'test' | 'config' | 'node' | 'source' {
  if (/\.(test|bench)\.ts$/.test(path) || /\/(testing|test)\//.test(path)) return 'test';
  if (path.endsWith('.config.ts')) return 'config';
  return path.includes('/node/') ? 'node' : 'source';
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function ignoreMissing(error: unknown): never[] {
  if (isMissing(error)) return [];
  throw error;
}
