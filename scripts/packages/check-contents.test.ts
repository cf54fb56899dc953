import { describe, expect, it } from 'vitest';
import { checkContents, type PackedManifest } from './check-contents.ts';

const FILES = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];
const MANIFEST: PackedManifest = {
  exports: {
    '.': { '@millrace/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  dependencies: { '@millrace/bencode': '^0.1.0' },
};

function problems(files: readonly string[], manifest: PackedManifest = MANIFEST): string[] {
  const packed = { name: 'x', version: '1.0.0', filename: '/x.tgz', files: files.map((path) => ({ path })) };
  return checkContents(packed, manifest);
}

describe('checkContents', () => {
  it('finds nothing in a package in good order', () => {
    expect(problems(FILES)).toEqual([]);
  });

  it.each(['README.md', 'LICENSE', 'dist/index.d.ts', 'src/index.ts'])(
    'finds that %s is missing',
    (missing) => {
      expect(problems(FILES.filter((path) => path !== missing))).toEqual([`x: ${missing} is missing`]);
    },
  );

  it('finds that the target of an import or a command is missing', () => {
    const manifest = {
      imports: { '#worker': { default: './dist/worker.js' } },
      bin: { millrace: './dist/bin.js' },
    };
    expect(problems(FILES, manifest)).toEqual(['x: dist/worker.js is missing', 'x: dist/bin.js is missing']);
  });

  it.each([
    'src/decode.test.ts',
    'dist/decode.test.js',
    'src/decode.bench.ts',
    'src/testing/build.ts',
    'testing/a.js',
  ])('finds that %s has no place in it', (path) => {
    expect(problems([...FILES, path])).toEqual([`x: ${path} has no place in a package`]);
  });

  it('finds a range that only the workspace understands, and an install script', () => {
    expect(problems(FILES, { dependencies: { y: 'workspace:^' } })).toEqual([
      'x: the range of y is "workspace:^"',
    ]);
    expect(problems(FILES, { scripts: { postinstall: 'x' } })).toEqual(['x: it has a "postinstall" script']);
  });
});
