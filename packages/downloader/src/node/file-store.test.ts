import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { payload } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoredContent, type StoreOptions } from '../testing/stored-content.ts';
import type { FileStore } from './file-store.ts';

const PIECE_LENGTH = 1_000;

/** Whether stores do their jobs on this thread. */
let areJobsHere: boolean;
let folder: string;
let contents: StoredContent[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  contents = [];
});
afterEach(async () => {
  for (const content of contents) await content[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Content of files of these lengths. */
function contentOf(files: Readonly<Record<string, number>>): StoredContent {
  const content = new StoredContent({ folder, files });
  contents.push(content);
  return content;
}

/** A store that does its jobs where this round of tests wants them. */
function storeOf(content: StoredContent, options: StoreOptions = {}): FileStore {
  return content.store({ place: { isHere: areJobsHere, done: () => {} }, ...options });
}

describe.each([
  ['on the calling thread', true],
  ['on worker threads', false],
])('FileStore, with pieces committed %s', (_where, isHere) => {
  beforeEach(() => {
    areJobsHere = isHere;
  });

  it('writes pieces into part files, and gives each file its name when it is whole', async () => {
    const content = contentOf({ a: 1_500, 'sub/b': 700, empty: 0, c: 900 });
    const store = storeOf(content);
    expect((await store.examine()).count).toBe(0);
    await content.commit(store, [3, 0]);
    expect([content.names(), content.completed]).toEqual([['a.part', 'c.part'], []]);
    await content.commit(store, [2, 1]);
    expect(content.completed.toSorted()).toEqual(['a', 'c', 'sub/b']);
    await store.finish();
    expect(content.names()).toEqual(['a', 'c', 'empty', 'sub', 'sub/b']);
    for (const name of ['a', 'sub/b', 'empty', 'c'])
      expect(content.at(name).equals(content.file(name))).toBe(true);
  });

  it('refuses a piece that does not match its hash, and writes nothing of it', async () => {
    const content = contentOf({ a: 1_500 });
    const store = storeOf(content);
    await store.examine();
    expect(await store.commit(0, store.allocate(PIECE_LENGTH))).toMatchObject({ isRight: false });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes bytes in any memory, leaves it to its owner, and sees what is in it now', async () => {
    const content = contentOf({ a: 3_000 });
    const store = storeOf(content);
    await store.examine();
    const memory = new Uint8Array(PIECE_LENGTH + 1).subarray(1);
    for (const index of [0, 1, 2]) {
      memory.set(content.piece(index));
      expect(await store.commit(index, memory)).toEqual({ isRight: true });
    }
    expect(content.at('a').equals(content.file('a'))).toBe(true);
  });

  it('uses one memory again and again, or what it gives in exchange for it', async () => {
    const content = contentOf({ a: 12_345 });
    const store = storeOf(content);
    await store.examine();
    let memory = store.allocate(PIECE_LENGTH);
    for (let index = 0; index < content.layout.pieceCount; index += 1) {
      const piece = content.piece(index);
      memory.set(piece);
      const { isRight, exchange } = await store.commit(index, memory.subarray(0, piece.length));
      expect([isRight, exchange?.length]).toEqual([true, isHere ? undefined : PIECE_LENGTH]);
      expect(memory.length).toBe(isHere ? PIECE_LENGTH : 0); // moved: no one has it twice
      memory = exchange ?? memory;
    }
    expect(content.at('a').equals(content.file('a'))).toBe(true);
  });

  it('gives memory back also for a piece that is wrong', async () => {
    const store = storeOf(contentOf({ a: 1_500 }));
    await store.examine();
    const { isRight, exchange } = await store.commit(0, store.allocate(PIECE_LENGTH));
    expect([isRight, exchange?.length]).toEqual([false, isHere ? undefined : PIECE_LENGTH]);
  });

  it('goes on with what a run before left: finds right pieces, and distrusts wrong ones', async () => {
    const content = contentOf({ a: 3_500, b: 1_500 });
    const first = storeOf(content);
    await first.examine();
    await content.commit(first, [0, 2, 4]);
    await first.close();
    const damaged = content.at('a.part');
    damaged[2_500] = (damaged[2_500] ?? 0) ^ 1;
    content.put('a.part', damaged);
    const second = storeOf(content);
    const progress: number[] = [];
    expect([...(await second.examine({ onProgress: (length) => progress.push(length) }))]).toEqual([0, 4]);
    expect(progress.at(-1)).toBeGreaterThanOrEqual(3_000);
    await content.commit(second, [1, 2, 3]);
    expect([content.at('a').equals(content.file('a')), content.at('b').equals(content.file('b'))]).toEqual([
      true,
      true,
    ]);
  });

  it('finds everything of a download that is whole, and names what a kill left unnamed', async () => {
    const content = contentOf({ a: 2_500, b: 100 });
    content.put('a.part', content.file('a'));
    content.put('b', content.file('b'));
    const store = storeOf(content);
    expect((await store.examine()).isFull).toBe(true);
    expect([content.names(), content.completed]).toEqual([['a', 'b'], ['a']]);
  });

  it('takes over a file of which some pieces are right, as a part', async () => {
    const content = contentOf({ a: 3_000 });
    content.put('a', content.file('a').subarray(0, 1_200));
    const store = storeOf(content);
    expect([...(await store.examine())]).toEqual([0]);
    expect(content.names()).toEqual(['a.part']);
    await content.commit(store, [1, 2]);
    expect(content.at('a').equals(content.file('a'))).toBe(true);
  });

  it.each([
    ['shorter', 9],
    ['as long', 3_000],
    ['longer', 5_000],
  ])('leaves a foreign file alone that is %s', async (_, length) => {
    const content = contentOf({ a: 3_000 });
    const foreign = payload(length, 99);
    content.put('a', foreign);
    await expect(storeOf(content).examine()).rejects.toMatchObject({
      code: 'EXISTS',
      detail: { path: join(folder, 'content', 'a') },
    });
    expect([content.names(), content.at('a').equals(foreign)]).toEqual([['a'], true]);
  });

  it('leaves a file alone that only begins with the right bytes and goes on', async () => {
    const content = contentOf({ a: 3_000 });
    const longer = Buffer.concat([content.file('a'), Buffer.from('more')]);
    content.put('a', longer);
    await expect(storeOf(content).examine()).rejects.toMatchObject({ code: 'EXISTS' });
    expect(content.at('a').equals(longer)).toBe(true);
  });

  it('overwrites foreign files when told to', async () => {
    const content = contentOf({ a: 3_000, b: 1_000 });
    content.put('a', payload(5_000, 99));
    content.put('b', Buffer.concat([content.file('b'), Buffer.from('more')]));
    const store = storeOf(content, { overwrite: true });
    expect([...(await store.examine())]).toEqual([3]);
    await content.commit(store, [0, 1, 2]);
    expect([content.at('a').equals(content.file('a')), content.at('b').equals(content.file('b'))]).toEqual([
      true,
      true,
    ]);
  });

  it('refuses a part beside a file with the final name that is not whole', async () => {
    const content = contentOf({ a: 3_000 });
    content.put('a', content.file('a').subarray(0, 1_000));
    content.put('a.part', content.file('a').subarray(0, 2_000));
    await expect(storeOf(content).examine()).rejects.toMatchObject({ code: 'EXISTS' });
    expect(content.names()).toEqual(['a', 'a.part']);
  });

  it('heals a folder from which one small file was removed', async () => {
    const content = contentOf({ a: 300, b: 300, c: 2_000 });
    content.put('a', content.file('a'));
    content.put('c', content.file('c'));
    const store = storeOf(content);
    expect([...(await store.examine())]).toEqual([1, 2]);
    await content.commit(store, [0]);
    await store.finish();
    expect(content.names()).toEqual(['a', 'b', 'c']);
  });

  it('gives files their names from their first piece on, if told to', async () => {
    const content = contentOf({ a: 2_500, 'sub/b': 2_000, c: 400 });
    const first = storeOf(content, { isNamedEarly: true });
    await first.examine();
    await content.commit(first, [0]);
    expect(content.foundFiles()).toEqual(['a']);
    await content.commit(first, [2]); // of `a` and `sub/b`
    expect(content.foundFiles().toSorted()).toEqual(['a', 'sub/b']);
    await first.close();
    const second = storeOf(content, { isNamedEarly: true });
    expect([...(await second.examine())]).toEqual([0, 2]);
    await content.commit(second, [4, 3, 1]);
    await second.finish();
    await second.close();
    expect(content.completed.toSorted()).toEqual(['a', 'c', 'sub/b']);
    expect(content.foundFiles().toSorted()).toEqual(['a', 'c', 'sub/b']);
    for (const name of ['a', 'sub/b', 'c']) expect(content.at(name).equals(content.file(name))).toBe(true);
  });

  it('goes from one way of naming to the other', async () => {
    const content = contentOf({ a: 3_500, b: 500 });
    for (const [piece, isNamedEarly, names] of [
      [0, false, ['a.part']],
      [1, true, ['a']],
      [2, false, ['a.part']],
      [3, true, ['a', 'b']],
    ] as const) {
      const store = storeOf(content, { isNamedEarly });
      await store.examine();
      await content.commit(store, [piece]);
      await store.close();
      expect(content.names()).toEqual(names);
    }
    expect(content.at('a').equals(content.file('a'))).toBe(true);
  });

  it('refuses a foreign file also where files have their names early', async () => {
    const content = contentOf({ a: 3_000, b: 1_000 });
    content.put('a', 'precious');
    await expect(storeOf(content, { isNamedEarly: true }).examine()).rejects.toMatchObject({
      code: 'EXISTS',
    });
    rmSync(join(content.root, 'a'));
    const store = storeOf(content, { isNamedEarly: true });
    await store.examine();
    content.put('a', 'precious');
    await expect(content.commit(store, [0])).rejects.toMatchObject({ code: 'EXISTS' });
    expect(content.at('a').toString()).toBe('precious');
  });

  it('touches nothing through a link', async () => {
    const content = contentOf({ a: 3_000 });
    writeFileSync(join(folder, 'victim'), content.file('a').subarray(0, 1_000));
    mkdirSync(join(folder, 'content'));
    symlinkSync(join(folder, 'victim'), join(folder, 'content', 'a.part'));
    await expect(storeOf(content).examine()).rejects.toMatchObject({ code: 'UNSAFE_TARGET' });
    expect(readFileSync(join(folder, 'victim')).length).toBe(1_000);
  });

  it('reports a file that cannot be written by its name', async () => {
    const content = contentOf({ 'sub/a': 3_000 });
    const store = storeOf(content);
    await store.examine();
    content.put('sub', 'a file where a folder must be');
    const memory = store.allocate(PIECE_LENGTH);
    memory.set(content.piece(0));
    await expect(store.commit(0, memory)).rejects.toMatchObject({ code: 'UNSAFE_TARGET' });
  });

  it('stops examining when told to', async () => {
    const content = contentOf({ a: 3_000 });
    content.put('a.part', content.file('a'));
    await expect(storeOf(content).examine({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  });

  it('lets go of its threads, and takes no more work', async () => {
    const content = contentOf({ a: 3_000 });
    const store = storeOf(content);
    await store.examine();
    await content.commit(store, [0]);
    await store.close();
    await store.close();
    await expect(store.commit(1, store.allocate(PIECE_LENGTH))).rejects.toMatchObject({
      code: 'WORKER_FAILED',
    });
    renameSync(join(folder, 'content', 'a.part'), join(folder, 'moved'));
  });
});

describe('FileStore', () => {
  it('goes on on worker threads when being here holds up the network', async () => {
    const content = contentOf({ a: 4_000 });
    const place = {
      isHere: true,
      done: (): void => {
        place.isHere = false;
      },
    };
    const store = content.store({ place });
    await store.examine();
    const moved: boolean[] = [];
    for (const index of [0, 1, 2, 3]) {
      const memory = store.allocate(PIECE_LENGTH);
      memory.set(content.piece(index));
      moved.push((await store.commit(index, memory)).exchange !== undefined);
    }
    expect(moved).toEqual([false, true, true, true]);
    expect(content.at('a').equals(content.file('a'))).toBe(true);
  });
});
