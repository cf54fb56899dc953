import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { payload } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoredContent } from '../testing/stored-content.ts';
import type { FileStore } from './file-store.ts';

/** Where jobs are done in this round. */
let place: { readonly isHere: boolean; readonly done: () => void };
let folder: string;
let contents: StoredContent[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  contents = [];
  place = { isHere: true, done: () => {} };
});
afterEach(async () => {
  for (const content of contents) await content[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Content of files of these lengths, in pieces of 1,000 bytes. */
function contentOf(files: Readonly<Record<string, number>>): StoredContent {
  const content = new StoredContent({ folder, files });
  contents.push(content);
  return content;
}

/** Examines what is there for some files, and gets what is missing. Answers with the pieces that were. */
async function get(content: StoredContent, wanted: readonly string[], pieces: readonly number[]) {
  const store = content.store({ wanted, place });
  const have = await store.examine();
  const missing = pieces.filter((index) => !have.has(index));
  await content.commit(store, missing);
  await store.finish();
  await store.close();
  return missing;
}

function expectRight(content: StoredContent, names: readonly string[]): void {
  for (const name of names) expect([name, content.at(name).equals(content.file(name))]).toEqual([name, true]);
}

/** Four files and three pieces: `b` and `c` lie in the second alone, with the ends of `a` and `d`. */
const FOUR = { a: 1_200, 'sub/b': 300, 'sub/c': 300, d: 1_200 };

describe.each([
  ['on the calling thread', true],
  ['on worker threads', false],
])('FileStore with some of the files, its jobs done %s', (_where, isHere) => {
  beforeEach(() => {
    place = { isHere, done: () => {} };
  });

  it('makes nothing of the others, no folder either, and keeps what it got of them apart', async () => {
    const content = contentOf(FOUR);
    expect(await get(content, ['a'], [0, 1])).toEqual([0, 1]);
    expect(content.names()).toEqual(['.parts', '.parts/1', 'a']);
    expectRight(content, ['a']);
    expect(content.completed).toEqual(['a']);
    expect(content.at('.parts/1').length).toBe(4 + 800);
  });

  it('has nothing to do when run again', async () => {
    const content = contentOf(FOUR);
    await get(content, ['a'], [0, 1]);
    expect(await get(content, ['a'], [0, 1])).toEqual([]);
    expect([content.names(), content.completed]).toEqual([['.parts', '.parts/1', 'a'], ['a']]);
  });

  it('takes what is kept into its file when that is selected, and gets only the rest', async () => {
    const content = contentOf(FOUR);
    await get(content, ['a'], [0, 1]);
    expect(await get(content, ['a', 'sub/c', 'd'], [0, 1, 2])).toEqual([2]);
    expectRight(content, ['a', 'sub/c', 'd']);
    expect(content.completed).toEqual(['a', 'sub/c', 'd']);
    expect(content.names()).toEqual(['.parts', '.parts/1', 'a', 'd', 'sub', 'sub/c']);
  });

  it('removes the folder as soon as nothing in it is needed', async () => {
    const content = contentOf(FOUR);
    await get(content, ['sub/b'], [1]);
    expect(await get(content, Object.keys(FOUR), [0, 1, 2])).toEqual([0, 2]);
    expect(content.names()).toEqual(['a', 'd', 'sub', 'sub/b', 'sub/c']);
    expectRight(content, Object.keys(FOUR));
  });

  it('deletes nothing when fewer are selected, and leaves their parts as they are', async () => {
    const content = contentOf(FOUR);
    await get(content, ['a', 'd'], [0, 1]);
    expect(content.names()).toEqual(['.parts', '.parts/1', 'a', 'd.part']);
    const before = content.at('d.part');
    expect(await get(content, ['sub/b'], [1])).toEqual([]);
    expect(content.names()).toEqual(['.parts', '.parts/1', 'a', 'd.part', 'sub', 'sub/b']);
    expect(content.at('d.part').equals(before)).toBe(true);
  });

  it('checks with files that are whole already, keeps nothing for them, and does not touch them', async () => {
    const content = contentOf(FOUR);
    for (const name of ['sub/b', 'sub/c', 'd']) content.put(name, content.file(name));
    content.put('a.part', content.file('a'));
    expect(await get(content, ['a'], [0, 1])).toEqual([]);
    rmSync(join(content.root, 'a'));
    expect(await get(content, ['a'], [0, 1])).toEqual([0, 1]);
    expect(content.names()).toEqual(['a', 'd', 'sub', 'sub/b', 'sub/c']);
    expectRight(content, Object.keys(FOUR));
  });

  it('leaves files of others alone, whatever they are, and keeps apart what should be in them', async () => {
    const content = contentOf(FOUR);
    const foreign = payload(400, 99);
    writeFileSync(join(folder, 'victim'), content.file('d'));
    content.put('sub/b', foreign);
    mkdirSync(join(content.root, 'sub/c'));
    symlinkSync(join(folder, 'victim'), join(content.root, 'd'));
    expect(await get(content, ['a'], [0, 1])).toEqual([0, 1]);
    expect(await get(content, ['a'], [0, 1])).toEqual([]);
    expect(content.at('sub/b').equals(foreign)).toBe(true);
    expect(content.names()).toEqual(['.parts', '.parts/1', 'a', 'd', 'sub', 'sub/b', 'sub/c']);
    // Selected, it is as foreign as ever.
    await expect(get(content, ['a', 'sub/b'], [0, 1])).rejects.toMatchObject({ code: 'EXISTS' });
    expect(content.at('sub/b').equals(foreign)).toBe(true);
  });

  it('takes a file that has come to be whole by itself as it is', async () => {
    const content = contentOf(FOUR);
    await get(content, ['a'], [0, 1]);
    content.put('sub/b', content.file('sub/b'));
    expect(await get(content, ['a', 'sub/b'], [0, 1])).toEqual([]);
    expect(content.names()).toEqual(['.parts', '.parts/1', 'a', 'sub', 'sub/b']);
  });

  it('makes files that are empty only if they are selected', async () => {
    const content = contentOf({ a: 1_000, 'x/none': 0, 'y/none': 0 });
    await get(content, ['a', 'y/none'], [0]);
    expect(content.names()).toEqual(['a', 'y', 'y/none']);
  });

  it('keeps nothing for padding, and nothing where files share no piece', async () => {
    const content = contentOf({ a: 700, '.pad/300': 300, b: 1_000, c: 500 });
    await get(content, ['a', 'c'], [0, 2]);
    expect(content.names()).toEqual(['a', 'c']);
    expect(await get(content, ['a', 'c'], [0, 2])).toEqual([]);
  });

  it('follows no link that came to be in the place of the folder or a file in it', async () => {
    for (const name of ['.parts', '.parts/1']) {
      const content = contentOf(FOUR);
      const store: FileStore = content.store({ wanted: ['a'], place });
      await store.examine();
      const path = join(content.root, name);
      mkdirSync(join(path, '..'), { recursive: true });
      symlinkSync(join(folder, 'elsewhere'), path);
      await expect(content.commit(store, [1])).rejects.toMatchObject({
        code: 'UNSAFE_TARGET',
        detail: { path },
      });
      expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
      rmSync(content.root, { recursive: true });
    }
  });

  it('leaves alone what else is in the folder', async () => {
    const content = contentOf(FOUR);
    for (const name of ['notes', '01', '3', '-1']) content.put(`.parts/${name}`, 'mine');
    await get(content, Object.keys(FOUR), [0, 1, 2]);
    expect(readdirSync(join(content.root, '.parts')).toSorted()).toEqual(['-1', '01', '3', 'notes']);
  });
});

describe('FileStore with some of the files', () => {
  it('cannot tell a whole file from a foreign one where nothing of it can be checked, and leaves it alone', async () => {
    const content = contentOf(FOUR);
    await get(content, ['sub/b'], [1]);
    rmSync(join(content.root, '.parts'), { recursive: true });
    await expect(get(content, ['sub/b'], [1])).rejects.toMatchObject({ code: 'EXISTS' });
    expectRight(content, ['sub/b']);
    await get(content, Object.keys(FOUR).toSpliced(1, 1), [0, 1, 2]);
    expect(await get(content, ['sub/b'], [1])).toEqual([]);
  });

  it('does not check pieces that are of no use', async () => {
    const content = contentOf({ a: 1_000, b: 5_000 });
    content.put('b', content.file('b'));
    content.put('a', content.file('a'));
    const progress: number[] = [];
    const have = await content
      .store({ wanted: ['a'], place })
      .examine({ onProgress: (length) => progress.push(length) });
    expect([[...have], progress]).toEqual([[0], [1_000]]);
  });

  it.each<[string, (path: string) => void]>([
    ['cut', (path) => truncateSync(path, 500)],
    ['empty', (path) => truncateSync(path, 0)],
    ['full of something else', (path) => writeFileSync(path, payload(804, 98))],
    ['longer, and wrong', (path) => writeFileSync(path, payload(80_000, 98))],
    ['gone', (path) => rmSync(path)],
    ['said to hold everything', (path) => writeFileSync(path, new Uint8Array(2_000).fill(1))],
  ])('gets a piece again when what was kept of it is %s', async (_, damage) => {
    const content = contentOf(FOUR);
    await get(content, ['a'], [0, 1]);
    damage(join(content.root, '.parts/1'));
    expect(await get(content, ['a'], [0, 1])).toEqual([1]);
    expect(await get(content, Object.keys(FOUR), [0, 1, 2])).toEqual([2]);
    expectRight(content, Object.keys(FOUR));
    expect(existsSync(join(content.root, '.parts'))).toBe(false);
  });

  it.each<[string, string, string, (path: string) => void]>([
    ['a link', '.parts', 'UNSAFE_TARGET', (path) => symlinkSync(folder, path)],
    ['a file', '.parts', 'UNSAFE_TARGET', (path) => writeFileSync(path, 'what')],
    ['a link', '.parts/1', 'UNSAFE_TARGET', (path) => symlinkSync(join(folder, 'victim'), path)],
    ['a folder', '.parts/1', 'UNSAFE_TARGET', (path) => mkdirSync(path)],
  ])('refuses %s in the place of %s', async (_, name, code, replace) => {
    const content = contentOf(FOUR);
    writeFileSync(join(folder, 'victim'), 'precious');
    await get(content, ['a'], [0, 1]);
    const path = join(content.root, name);
    rmSync(path, { recursive: true });
    replace(path);
    await expect(get(content, ['a'], [0, 1])).rejects.toMatchObject({ code, detail: { path } });
    expect(readdirSync(folder).toSorted()).toEqual(['content', 'victim']);
  });

  it('needs a folder to keep bytes in', () => {
    const content = contentOf(FOUR);
    expect(() => content.store({ wanted: ['a'], hasPartsFolder: false })).toThrow(RangeError);
    expect(() => content.store({ hasPartsFolder: false })).not.toThrow();
  });
});
