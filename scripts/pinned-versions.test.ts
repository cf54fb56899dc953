import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const workflows = readdirSync(join(root, '.github/workflows')).map((name) => `.github/workflows/${name}`);
const documents = ['README.md', 'CONTRIBUTING.md', 'docs/releasing.md', 'docs/architecture.md'];

interface RootManifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}
const manifest: RootManifest = JSON.parse(read('package.json'));

function matches(paths: readonly string[], pattern: RegExp): Set<string> {
  return new Set(paths.flatMap((path) => [...read(path).matchAll(pattern)].map(([, found = '']) => found)));
}

describe('pinned versions', () => {
  it('name one pnpm everywhere', () => {
    const found = matches(['.ci/run', ...documents, ...workflows], /pnpm@([\d.]+\d)/g);
    expect([...found]).toHaveLength(1);
  });

  it('name one Node for development everywhere', () => {
    const versions = [
      ...Object.values(manifest.optionalDependencies),
      read('.node-version').trim(),
      ...matches(['pnpm-workspace.yaml'], /^nodeVersion: (.*)$/gm),
    ];
    expect(versions).toHaveLength(6);
    expect(new Set(versions).size).toBe(1);
  });

  it('try the oldest Node of each older line that "engines" promises', () => {
    const promised = [...manifest.engines.node.matchAll(/\^([\d.]+)/g)].map(([, version]) => version);
    const tried = matches(['.github/workflows/ci.yml'], /^ +node: \[(.*)\]$/gm);
    expect(promised).toHaveLength(2);
    expect([...tried]).toEqual([promised.join(', ')]);
    expect([...matches(['.github/workflows/ci.yml'], /--node ([\d.]+)/g)]).toEqual(promised);
  });
});

describe('documents and workflows', () => {
  it('name only scripts that exist, or commands of pnpm itself', () => {
    const own = new Set(['install', 'exec', 'publish', 'changeset']);
    const lines = /(?:\$PNPM|npx -y pnpm@[\d.]+|`pnpm|"\$\{pnpm\[@\]\}") ([a-z]+(?:[:-][a-z]+)*)/g;
    const named = matches(['.ci/run', ...documents, ...workflows], lines);
    expect(named.size).toBeGreaterThan(15);
    expect([...named].filter((name) => manifest.scripts[name] === undefined && !own.has(name))).toEqual([]);
  });

  it('give the README two set-up commands, no more', () => {
    const [setUp = ''] = read('README.md').split('Words after');
    expect([...setUp.matchAll(/^ {4}(\S.*?) +#/gm)].map(([, command]) => command)).toEqual([
      expect.stringMatching(/^npx -y pnpm@[\d.]+ start$/),
      expect.stringMatching(/^npx -y pnpm@[\d.]+ test$/),
    ]);
  });
});
