import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { importsOf, type ImportSite } from './imports-of.ts';
import { NODE_ONLY, TESTKIT, type RuleName, type Violation } from './rules.ts';
import { roleOf, type ImportTarget, type Member } from './workspace.ts';

interface Finding {
  readonly rule: RuleName;
  readonly message: string;
}

/** What the imports of the whole workspace show. */
export interface ImportReport {
  readonly violations: readonly Violation[];
  /** For each file, the files of its own member that it imports. */
  readonly edges: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Checks every import of every member's files against the table and the folder the file is in. */
export async function checkImports(root: string, members: readonly Member[]): Promise<ImportReport> {
  const violations: Violation[] = [];
  const edges = new Map<string, Set<string>>();
  const workspace = new Set(members.map((member) => member.manifest.name));

  for (const member of members) {
    for (const path of member.files) {
      const parsed = importsOf(path, await readFile(join(root, path), 'utf8'));
      if (!parsed.ok) {
        violations.push({ rule: 'syntax', path, message: `Cannot parse: ${parsed.message}` });
        continue;
      }
      const targets = new Set<string>();
      edges.set(path, targets);
      for (const site of parsed.imports) {
        const target = localTarget(member, path, site.specifier);
        if (target !== undefined) targets.add(target);
        const finding = judge(member, path, site, workspace);
        if (finding !== undefined) violations.push({ ...finding, path, line: site.line });
      }
    }
  }
  return { violations, edges };
}

function judge(
  member: Member,
  path: string,
  { specifier }: ImportSite,
  workspace: ReadonlySet<string>,
): Finding | undefined {
  const role = roleOf(path);
  const mayUseNode = member.rule?.kind !== 'layer' || role !== 'source';
  if (isBuiltin(specifier)) {
    if (mayUseNode) return undefined;
    return { rule: 'node-import', message: `"${specifier}" may only be imported in a folder named node/` };
  }
  if (specifier.startsWith('.')) return judgeRelative(member, path, specifier, mayUseNode);
  if (specifier.startsWith('#')) return judgeMapped(member, specifier, mayUseNode);

  const { name, subpath } = splitSpecifier(specifier);
  if (name === member.manifest.name) {
    if (role !== 'source' && role !== 'node') return undefined;
    return { rule: 'own-index', message: `A package does not import itself as "${specifier}"` };
  }
  if (role === 'config') return undefined;
  const needsNode = workspace.has(name) ? subpath === 'node' : NODE_ONLY.has(name);
  if (needsNode && !mayUseNode) {
    return { rule: 'node-import', message: `"${specifier}" needs Node: import it in a folder named node/` };
  }
  return judgePackage(member, name, role === 'test', workspace);
}

function judgePackage(
  { manifest, rule }: Member,
  name: string,
  isTest: boolean,
  workspace: ReadonlySet<string>,
): Finding | undefined {
  const isShipped = !isTest && rule?.kind !== 'private';
  if (name === TESTKIT && isShipped) {
    return { rule: 'testkit', message: `Only tests import ${TESTKIT}` };
  }
  if (workspace.has(name) && name !== TESTKIT && rule !== undefined && !rule.mayUse.includes(name)) {
    return { rule: 'direction', message: `${manifest.name} may not import ${name}: it is not below it` };
  }
  const declared = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
    ...(isShipped ? {} : manifest.devDependencies),
  };
  if (Object.hasOwn(declared, name)) return undefined;
  const field = isShipped ? 'dependencies' : 'dependencies or devDependencies';
  return { rule: 'undeclared', message: `"${name}" is not in the ${field} of ${manifest.name}` };
}

function judgeRelative(
  member: Member,
  path: string,
  specifier: string,
  mayUseNode: boolean,
): Finding | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  const role = roleOf(path);
  if (!target.startsWith(`${member.folder}/`)) {
    const isRootFile = !/^(packages|apps|interop|bench)\//.test(target);
    if (role === 'config' && isRootFile) return undefined;
    return { rule: 'outside-folder', message: `"${specifier}" leaves ${member.folder}` };
  }
  if (role === 'test' || role === 'config') return undefined;
  if (roleOf(target) === 'test' && member.rule?.kind !== 'private') {
    return { rule: 'test-helper', message: `"${specifier}" is for tests only` };
  }
  if (posix.basename(target) === 'index.ts') {
    return {
      rule: 'own-index',
      message: `"${specifier}" is an entry point: import the file that has the symbol`,
    };
  }
  if (!mayUseNode && roleOf(target) === 'node') {
    return {
      rule: 'node-import',
      message: `"${specifier}" is an adapter: a core does not import from node/`,
    };
  }
  return undefined;
}

function judgeMapped({ manifest }: Member, specifier: string, mayUseNode: boolean): Finding | undefined {
  const target = resolveTarget(manifest.imports?.[specifier], ['default']);
  if (target === undefined) {
    return {
      rule: 'undeclared',
      message: `"${specifier}" has no default in the imports of ${manifest.name}`,
    };
  }
  if (!mayUseNode && target.includes('/node/')) {
    return {
      rule: 'node-import',
      message: `"${specifier}" leads to ${target} everywhere: it needs a portable default`,
    };
  }
  return undefined;
}

/** The file of the same member that `specifier` leads to when running from source, or `undefined`. */
function localTarget({ folder, manifest }: Member, path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier);
  const target = resolveTarget(manifest.imports?.[specifier], ['@millrace/source', 'node', 'default']);
  return target === undefined ? undefined : posix.join(folder, target);
}

function resolveTarget(target: ImportTarget | undefined, conditions: readonly string[]): string | undefined {
  if (target === undefined || typeof target === 'string') return target;
  for (const [condition, next] of Object.entries(target)) {
    const found = conditions.includes(condition) ? resolveTarget(next, conditions) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function splitSpecifier(specifier: string): { name: string; subpath: string } {
  const parts = specifier.split('/');
  const length = specifier.startsWith('@') ? 2 : 1;
  return { name: parts.slice(0, length).join('/'), subpath: parts.slice(length).join('/') };
}
