import type { PackedPackage } from './pack.ts';

const REQUIRED = ['package.json', 'README.md', 'LICENSE'];
const FORBIDDEN = [
  /\.(test|bench)\./,
  /(^|\/)testing\//,
  /(^|\/)node_modules\//,
  /\.tsbuildinfo$/,
  /(^|\/)\.env/,
];

/** A published package.json, as far as it is looked at. */
export interface PackedManifest {
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly imports?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Says what is wrong with what a tarball holds, one sentence each. */
export function checkContents(packed: PackedPackage, manifest: PackedManifest): string[] {
  const files = new Set(packed.files.map(({ path }) => path));
  const wanted = new Set([
    ...REQUIRED,
    ...pathsIn(manifest.exports),
    ...pathsIn(manifest.imports),
    ...pathsIn(manifest.bin),
  ]);
  const problems = [
    ...[...wanted].filter((path) => !files.has(path)).map((path) => `${path} is missing`),
    ...[...files]
      .filter((path) => FORBIDDEN.some((pattern) => pattern.test(path)))
      .map((path) => `${path} has no place in a package`),
    ...Object.entries(manifest.dependencies ?? {})
      .filter(([, range]) => /^(workspace|catalog|file|link):/.test(range))
      .map(([name, range]) => `the range of ${name} is "${range}"`),
    ...['preinstall', 'install', 'postinstall']
      .filter((script) => manifest.scripts?.[script] !== undefined)
      .map((script) => `it has a "${script}" script`),
  ];
  return problems.map((problem) => `${packed.name}: ${problem}`);
}

/** Every `./path` in a tree of conditions, without the `./`. */
function pathsIn(tree: unknown): string[] {
  if (typeof tree === 'string') return tree.startsWith('./') ? [tree.slice(2)] : [];
  return typeof tree === 'object' && tree !== null ? Object.values(tree).flatMap(pathsIn) : [];
}
