import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findCycles } from './find-cycles.ts';
import { MAX_OUTSIDE_DEPENDENCIES, TESTKIT, type Violation } from './rules.ts';
import { readManifest, type Member } from './workspace.ts';

/** Checks what each package.json declares, and that each package brings the files it must. */
export async function checkManifests(root: string, members: readonly Member[]): Promise<Violation[]> {
  const workspace = new Set(members.map((member) => member.manifest.name));
  const engines = (await readManifest(root))?.engines?.node;
  const violations: Violation[] = [];

  for (const member of members) {
    const path = `${member.folder}/package.json`;
    if (member.rule === undefined) {
      const message = `${member.folder} has no row in scripts/layers/rules.ts`;
      violations.push({ rule: 'unknown-folder', path, message });
      continue;
    }
    violations.push(
      ...checkDependencies(member, path, workspace),
      ...checkFiles(root, member),
      ...(member.manifest.private === true ? [] : checkPublished(member, path, engines)),
    );
  }
  return [...violations, ...checkPackageCycles(members, workspace)];
}

function checkDependencies(
  { manifest, rule }: Member,
  path: string,
  workspace: ReadonlySet<string>,
): Violation[] {
  const violations: Violation[] = [];
  const runtime = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  };
  for (const [name, range] of Object.entries({ ...manifest.devDependencies, ...runtime })) {
    if (!workspace.has(name)) continue;
    if (!range.startsWith('workspace:')) {
      violations.push({
        rule: 'manifest',
        path,
        message: `${name} is a sibling: write "workspace:^", not "${range}"`,
      });
    }
    if (name === TESTKIT) {
      if (rule?.kind === 'private' || !Object.hasOwn(runtime, name)) continue;
      violations.push({ rule: 'testkit', path, message: `${TESTKIT} may only be a devDependency` });
    } else if (rule?.mayUse.includes(name) !== true) {
      violations.push({ rule: 'direction', path, message: `${manifest.name} may not depend on ${name}` });
    }
  }
  const outside = Object.keys(runtime).filter((name) => !workspace.has(name));
  if (rule?.kind === 'layer' && outside.length > MAX_OUTSIDE_DEPENDENCIES) {
    const message = `${outside.join(', ')}: a layer has at most ${MAX_OUTSIDE_DEPENDENCIES} outside dependency`;
    violations.push({ rule: 'outside-dependencies', path, message });
  }
  return violations;
}

function checkFiles(root: string, { folder, manifest, files }: Member): Violation[] {
  const violations: Violation[] = [];
  for (const name of manifest.private === true ? [] : ['README.md', 'LICENSE']) {
    if (existsSync(join(root, folder, name))) continue;
    violations.push({ rule: 'missing-file', path: folder, message: `${folder} has no ${name}` });
  }
  const isTested = files.some((path) => path.endsWith('.test.ts'));
  if (!isTested && folder !== 'bench') {
    violations.push({ rule: 'missing-file', path: folder, message: `${folder} has no tests` });
  }
  return violations;
}

function checkPublished(
  { folder, manifest }: Member,
  path: string,
  engines: string | undefined,
): Violation[] {
  const expected: readonly (readonly [
    field: string,
    actual: string | undefined,
    expected: string | undefined,
  ])[] = [
    ['license', manifest.license, 'MIT'],
    ['type', manifest.type, 'module'],
    ['engines.node', manifest.engines?.node, engines],
    // npm refuses provenance for a package that does not say where in the repository it is.
    ['repository.directory', manifest.repository?.directory, folder],
  ];
  const violations: Violation[] = expected
    .filter(([, actual, wanted]) => actual !== wanted)
    .map(([field, actual, wanted]) => ({
      rule: 'manifest',
      path,
      message: `${field} is ${actual === undefined ? 'missing' : `"${actual}"`}, expected "${wanted}"`,
    }));
  for (const name of ['preinstall', 'install', 'postinstall']) {
    if (manifest.scripts?.[name] === undefined) continue;
    violations.push({
      rule: 'install-script',
      path,
      message: `${manifest.name} has the install script "${name}"`,
    });
  }
  return violations;
}

function checkPackageCycles(members: readonly Member[], workspace: ReadonlySet<string>): Violation[] {
  const edges = new Map<string, ReadonlySet<string>>();
  for (const { manifest } of members) {
    const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    edges.set(manifest.name, new Set(names.filter((name) => workspace.has(name))));
  }
  return findCycles(edges).map((cycle) => ({
    rule: 'package-cycle',
    path: 'package.json',
    message: `Packages depend on each other: ${[...cycle, cycle[0]].join(' → ')}`,
  }));
}
