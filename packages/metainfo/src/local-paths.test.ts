import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetainfoError } from './error.ts';
import { type LocalPaths, type LocalPathSource, toLocalName, toLocalPaths } from './local-paths.ts';
import { unsafeParts } from './testing/check-paths.ts';
import { localPathSource, paddingFile } from './testing/local-path-source.ts';

function pathsOf(...paths: readonly (readonly string[])[]): string[] {
  return toLocalPaths(localPathSource('root', paths)).paths.map((path) => path.join('/'));
}

describe('toLocalName', () => {
  it.each([
    ['..', 'ab'.repeat(20)],
    ['a/b', 'a_b'],
    ['con', '_con'],
    [`${'a'.repeat(300)}.iso`, `${'a'.repeat(246)}.iso`],
  ])('makes %j safe, or refuses it, without a look at the files', (name, expected) => {
    const { infoHash, nameBytes, isSingleFile } = localPathSource(name, 'single file');
    const source = { infoHash, nameBytes, isSingleFile };
    expect(toLocalName(source, { platform: 'win32' })).toBe(expected);
    expect(() => toLocalName(source, { platform: 'win32', onUnsafe: 'refuse' })).toThrow(MetainfoError);
  });
});

describe('toLocalPaths', () => {
  it('gives a single file its name and no path', () => {
    expect(toLocalPaths(localPathSource('a.iso', 'single file'))).toEqual({ name: 'a.iso', paths: [[]] });
  });

  it('leaves room in the name of a single file for the suffix of an unfinished one', () => {
    const { name } = toLocalPaths(localPathSource(`${'a'.repeat(300)}.iso`, 'single file'));
    expect(name).toBe(`${'a'.repeat(246)}.iso`);
  });

  it.each(['', '.', '..', '/', '\\', '../..'.replace('/', '/'), '\u200b', '\0'])(
    'never uses %j as the root',
    (name) => {
      const local = toLocalPaths(localPathSource(name, [['a']]), { platform: 'win32' });
      expect(local.name).toMatch(/^(?:(?:ab){20}|\.\.___)$/);
    },
  );

  it('keeps a root that really is an underscore', () => {
    expect(toLocalPaths(localPathSource('__', [['a']])).name).toBe('__');
  });

  it.each([
    ['files of one name', ['a.txt', 'a.txt', 'a.txt'], ['a.txt', 'a.1.txt', 'a.2.txt']],
    ['files that differ by case', ['a.txt', 'A.TXT'], ['a.txt', 'A.1.TXT']],
    ['files that differ by normalisation', ['\u00e9', 'e\u0301'], ['\u00e9', 'e\u0301.1']],
    ['a Kelvin sign and a k', ['\u212a', 'k'], ['\u212a', 'k.1']],
    ['sharp s in three spellings', ['ß', 'ss', '\u1e9e'], ['ß', 'ss.1', '\u1e9e.2']],
    ['long s and s', ['\u017f', 's'], ['\u017f', 's.1']],
    ['both kinds of sigma', ['\u03c3', '\u03c2'], ['\u03c3', '\u03c2.1']],
    ['dotted capital i', ['\u0130', 'i\u0307'], ['\u0130', 'i\u0307.1']],
    ['a variation selector', ['\u2764\ufe0f', '\u2764'], ['\u2764\ufe0f', '\u2764.1']],
    ['names that become one', ['a/b', 'a\\b', 'a_b'], ['a_b', 'a_b.1', 'a_b.2']],
    ['a name the numbering would use', ['a', 'a.1', 'a'], ['a', 'a.1', 'a.2']],
    ['a name the numbering has used', ['a', 'a', 'a.1'], ['a', 'a.1', 'a.1.1']],
    ['the name of an unfinished file', ['a', 'a.part'], ['a', 'a.1.part']],
    ['the name of an unfinished file before it', ['a.part', 'a'], ['a.part', 'a.1']],
    ['dotfiles', ['.a', '.a'], ['.a', '.a.1']],
    [
      'names with no extension worth the name',
      ['a.b c d e f g h i j k l', 'a.b c d e f g h i j k l'],
      ['a.b c d e f g h i j k l', 'a.b c d e f g h i j k l.1'],
    ],
  ])('tells apart %s', (_, names, expected) => {
    expect(pathsOf(...names.map((name) => [name]))).toEqual(expected);
  });

  it('renames a file, not the folder of that name, whichever comes first', () => {
    expect(pathsOf(['a'], ['a', 'b'])).toEqual(['a.1', 'a/b']);
    expect(pathsOf(['a', 'b'], ['A'])).toEqual(['a/b', 'A.1']);
  });

  it('renames a file whose unfinished name is a folder', () => {
    expect(pathsOf(['a'], ['a.part', 'b'])).toEqual(['a.1', 'a.part/b']);
  });

  it('puts folders that differ by case in one, under the first spelling', () => {
    expect(pathsOf(['Dir', 'x'], ['dir', 'x'], ['DIR', 'y'])).toEqual(['Dir/x', 'Dir/x.1', 'Dir/y']);
  });

  it('keeps names of different bytes apart when neither is UTF-8', () => {
    const local = toLocalPaths(
      localPathSource('r', [[Uint8Array.of(0x61, 0xff)], [Uint8Array.of(0x61, 0xfe)]]),
    );
    expect(local.paths).toEqual([['a%ff'], ['a%fe']]);
  });

  it('keeps long names apart', () => {
    const name = `${'a'.repeat(400)}.txt`;
    expect(pathsOf([name], [`a${name}`])).toEqual([`${'a'.repeat(246)}.txt`, `${'a'.repeat(226)}.1.txt`]);
  });

  it('does not let padding take the name of a file', () => {
    const source = localPathSource('r', [
      ['.pad', '16'],
      ['.pad', '16'],
      ['.pad', '16'],
    ]);
    const files = source.files.map((file, index) => (index < 2 ? paddingFile(['.pad', '16'], index) : file));
    expect(toLocalPaths({ ...source, files }).paths).toEqual([
      ['.pad', '16.1'],
      ['.pad', '16.2'],
      ['.pad', '16'],
    ]);
    expect(() => toLocalPaths({ ...source, files }, { onUnsafe: 'refuse' })).not.toThrow();
  });

  it('takes ten thousand padding files of one name', () => {
    const source = localPathSource('r', []);
    const files = Array.from({ length: 10_000 }, (_, index) => paddingFile(['.pad', '0'], index));
    expect(new Set(toLocalPaths({ ...source, files }).paths.map((path) => path.join('/'))).size).toBe(10_000);
  });

  it('refuses a torrent that repeats one path beyond any accident, and quickly', () => {
    const source = localPathSource(
      'r',
      Array.from({ length: 100_000 }, () => ['a']),
    );
    const startedMs = performance.now();
    expect(() => toLocalPaths(source)).toThrow(expect.objectContaining({ code: 'DUPLICATE_PATH' }));
    expect(performance.now() - startedMs).toBeLessThan(500);
  });

  it('numbers a hundred thousand clashing names in linear time', () => {
    const paths = Array.from({ length: 50_000 }, (_, index) => [`${'a'.repeat(240)}${index}.txt`]);
    const source = localPathSource('r', [...paths, ...paths.map(([name = '']) => [name.toUpperCase()])]);
    const startedMs = performance.now();
    const local = toLocalPaths(source);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(new Set(local.paths.map((path) => path.join('/').toLowerCase())).size).toBe(100_000);
  });

  it('gives the same paths each time', () => {
    const source = localPathSource('r', [['a'], ['A'], ['a', 'b'], ['..'], ['__']]);
    expect(toLocalPaths(source)).toEqual(toLocalPaths(source));
  });

  it('changes nothing of a safe torrent, and does not refuse it', () => {
    const paths = [['a', 'b.txt'], ['a', 'c', 'd'], ['é']];
    const local = toLocalPaths(localPathSource('name', paths), { onUnsafe: 'refuse', platform: 'win32' });
    expect(local).toEqual({ name: 'name', paths });
  });

  it.each([
    ['..', [['a']], 'INVALID_PATH', 'info.name'],
    ['r', [['a'], ['..', 'b']], 'INVALID_PATH', 'info.files[1].path[0]'],
    ['r', [['a', 'b\0']], 'INVALID_PATH', 'info.files[0].path[1]'],
    ['r', [['a'], ['a']], 'DUPLICATE_PATH', 'info.files[1].path'],
    ['r', [['a'], ['a', 'b']], 'DUPLICATE_PATH', 'info.files[0].path'],
    [
      'r',
      [
        ['a', 'x'],
        ['A', 'y'],
      ],
      'DUPLICATE_PATH',
      'info.files[1].path[0]',
    ],
  ])('refuses %j %j with %s at %s if asked to', (name, paths, code, field) => {
    expect(() => toLocalPaths(localPathSource(name, paths), { onUnsafe: 'refuse' })).toThrow(
      expect.objectContaining({ name: 'MetainfoError', code, field }),
    );
  });

  it('is safe, and tells all files apart, whatever the bytes', () => {
    const odd = fc.constantFrom(
      '.',
      '..',
      '/',
      '\\',
      'con',
      'CON.txt',
      'a',
      'A',
      'a.part',
      'a.1',
      'é',
      'e\u0301',
      '\u200b',
      ' ',
      'ß',
      'SS',
      '_',
      '__',
      '\u202e',
      'C:',
      'a.1.part',
    );
    const text = fc.array(odd, { maxLength: 3 }).map((parts) => new TextEncoder().encode(parts.join('')));
    const long = fc
      .tuple(odd, fc.integer({ min: 80, max: 300 }))
      .map(([part, count]) => new TextEncoder().encode(part.repeat(count)));
    const component = fc.oneof(
      { weight: 6, arbitrary: text },
      { weight: 1, arbitrary: long },
      fc.uint8Array({ maxLength: 6 }),
    );
    const path = fc.array(component, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        component,
        fc.array(path, { maxLength: 12 }),
        fc.constantFrom('posix' as const, 'win32' as const),
        (name, paths, platform) => {
          const local = toLocalPaths(localPathSource(name, paths), { platform });
          expect(unsafeParts(local, platform, { isSingleFile: false })).toEqual([]);
          expect(local.paths).toHaveLength(paths.length);
          const single = toLocalPaths(localPathSource(name, 'single file'), { platform });
          expect(unsafeParts(single, platform, { isSingleFile: true })).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('either refuses or leaves every name exactly as it is, whatever the bytes', () => {
    const names = fc.constantFrom('a', 'A', 'b', '..', 'é').map((text) => new TextEncoder().encode(text));
    const component = fc.oneof(names, fc.uint8Array({ maxLength: 3 }));
    const paths = fc.array(fc.array(component, { minLength: 1, maxLength: 2 }), { maxLength: 4 });
    fc.assert(
      fc.property(component, paths, (name, tree) => {
        const source = localPathSource(name, tree);
        const given = source.files.map((file) => file.path);
        expect(pathsOrRefusal(source) ?? given).toEqual(given);
      }),
    );
  });
});

function pathsOrRefusal(source: LocalPathSource): LocalPaths['paths'] | undefined {
  try {
    return toLocalPaths(source, { onUnsafe: 'refuse' }).paths;
  } catch (error) {
    if (!MetainfoError.is(error)) throw error;
    return undefined;
  }
}
