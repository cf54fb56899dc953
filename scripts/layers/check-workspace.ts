import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { checkImports } from './check-imports.ts';
import { checkInstalls } from './check-installs.ts';
import { checkManifests } from './check-manifests.ts';
import { findCycles } from './find-cycles.ts';
import { importsOf } from './imports-of.ts';
import type { Violation } from './rules.ts';
import { listSources, readMembers } from './workspace.ts';

/** Checks the whole workspace at `root`: directions, edges, files. */
export async function checkWorkspace(root: string): Promise<Violation[]> {
  const members = await readMembers(root);
  const { violations, edges } = await checkImports(root, members);
  const cycles = findCycles(new Map([...edges, ...(await readToolingEdges(root))]));
  return [
    ...(await checkManifests(root, members)),
    ...violations,
    ...cycles.map((cycle): Violation => ({
      rule: 'import-cycle',
      path: cycle[0] ?? '.',
      message: `Files import each other: ${[...cycle, cycle[0]].map((path) => posix.basename(path ?? '')).join(' → ')}`,
    })),
    ...(await checkInstalls(root, members)),
  ];
}

/** The relative imports of the workspace's own programs; nothing else is asked of them. */
async function readToolingEdges(root: string): Promise<Map<string, Set<string>>> {
  const edges = new Map<string, Set<string>>();
  for (const path of [...(await listSources(root, 'scripts')), ...(await listSources(root, 'tools'))]) {
    const parsed = importsOf(path, await readFile(join(root, path), 'utf8'));
    const local = parsed.ok ? parsed.imports.filter(({ specifier }) => specifier.startsWith('.')) : [];
    edges.set(path, new Set(local.map(({ specifier }) => posix.join(posix.dirname(path), specifier))));
  }
  return edges;
}
