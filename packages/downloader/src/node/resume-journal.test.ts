import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@millrace/testkit';
import { Bitfield } from '@millrace/peer-wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { upTo } from '../testing/bitfield.ts';
import { StoredContent, type RememberOptions, type StoreOptions } from '../testing/stored-content.ts';
import type { FileStore } from './file-store.ts';
import { loadResumeState } from './last-run.ts';
import { ResumeFile } from './resume-file.ts';
import { encodeResumeState, type ResumeState } from './resume-state.ts';

/** Three files, seven pieces; the third piece is of `a` and `b`, the fifth of `b` and `c`. */
const FILES = { a: 2_500, 'sub/b': 2_000, c: 2_500 };

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

function contentOf(files: Readonly<Record<string, number>> = FILES): StoredContent {
  const content = new StoredContent({ folder, files });
  contents.push(content);
  return content;
}

function open(content: StoredContent, options: RememberOptions = {}, others: StoreOptions = {}): FileStore {
  return content.store({ remembers: options, ...others });
}

/** Stores pieces and ends in good order. */
async function store(
  content: StoredContent,
  pieces: readonly number[],
  others: StoreOptions = {},
): Promise<void> {
  const first = open(content, {}, others);
  await first.examine();
  await content.commit(first, pieces);
  if (pieces.length === content.layout.pieceCount) await first.finish();
  await first.close();
}

/** Answers which pieces are there, and how many bytes were hashed to know it. */
async function look(content: StoredContent, options: RememberOptions = {}, others: StoreOptions = {}) {
  const next = open(content, options, others);
  let hashed = 0;
  const have = await next.examine({ onProgress: (length) => (hashed = length) });
  await next.close();
  return { have: [...have], hashed };
}

function stateOf(content: StoredContent): ResumeState {
  const state = loadResumeState(new ResumeFile(content.statePath), content.identity);
  if (state === undefined) throw new Error('nothing is remembered');
  return state;
}

/** Changes a byte, and gives the file back the time it had unless it may be seen. */
function flip(content: StoredContent, name: string, at: number, isSeen: boolean): void {
  const path = join(content.root, name);
  const { mtime } = statSync(path);
  const bytes = content.at(name);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  if (!isSeen) utimesSync(path, mtime, mtime);
}

describe('ResumeJournal', () => {
  it('makes a second start hash nothing, whole or not', async () => {
    const content = contentOf();
    await store(content, [0, 1, 2, 6]);
    expect(await look(content)).toEqual({ have: [0, 1, 2, 6], hashed: 0 });
    await store(content, [3, 4, 5]);
    expect(await look(content)).toEqual({ have: upTo(7), hashed: 0 });
    expect(await look(content, { recheck: true })).toEqual({ have: upTo(7), hashed: 7_000 });
  });

  it.each<[string, (content: StoredContent) => void]>([
    ['has another time', (content) => utimesSync(join(content.root, 'a'), new Date(), new Date(1e12))],
    ['was changed', (content) => flip(content, 'a', 1_500, true)],
    ['was cut', (content) => truncateSync(join(content.root, 'a'), 1_700)],
    [
      'is another one of the same length and time',
      (content) => {
        const path = join(content.root, 'a');
        const { atime, mtime } = statSync(path);
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
        flip(content, 'a', 1_500, true);
        utimesSync(path, atime, mtime);
      },
    ],
  ])('hashes the pieces of a file that %s, and only those', async (_, change) => {
    const content = contentOf();
    await store(content, upTo(7));
    const isRight = (): boolean => content.file('a').equals(content.at('a'));
    change(content);
    const expected = isRight()
      ? upTo(7)
      : [0, 2, 3, 4, 5, 6].filter((piece) => content.at('a').length > 2_000 || piece !== 2);
    const { have, hashed } = await look(content);
    expect(have).toEqual(expected);
    expect(hashed).toBeGreaterThanOrEqual(1_000);
    expect(hashed).toBeLessThanOrEqual(3_000);
  });

  it('never believes a state that says more than the files do', async () => {
    const content = contentOf();
    await store(content, [0, 6]);
    const all = new Bitfield(7);
    all.fill();
    const forge = (changes: Partial<ResumeState>): void =>
      writeFileSync(
        content.statePath,
        encodeResumeState({ ...stateOf(content), pieces: all, ...changes }, content.identity),
      );
    // Of what is not there at all, nothing can be known.
    forge({ stamps: BigInt64Array.from({ length: 9 }, () => 7n) });
    expect(await look(content)).toMatchObject({ have: [0, 6] });
    forge({ stamps: new BigInt64Array(9) });
    expect(await look(content)).toMatchObject({ have: [0, 6] });
  });

  it('goes by the generation before one that is torn, and by hashes where there is none', async () => {
    const content = contentOf();
    await store(content, upTo(7));
    await look(content);
    expect(existsSync(`${content.statePath}.old`)).toBe(true);
    writeFileSync(content.statePath, readFileSync(content.statePath).subarray(0, 100));
    expect(await look(content)).toEqual({ have: upTo(7), hashed: 0 });
    for (const path of [content.statePath, `${content.statePath}.old`]) writeFileSync(path, '');
    expect(await look(content)).toEqual({ have: upTo(7), hashed: 7_000 });
    rmSync(join(folder, 'state'), { recursive: true });
    expect(await look(content)).toEqual({ have: upTo(7), hashed: 7_000 });
  });

  it('believes what had not reached the disk only until the system starts anew', async () => {
    const content = contentOf();
    const boot = Uint8Array.of(1);
    const clock = new ManualClock();
    const first = open(content, { clock, boot });
    await first.examine();
    await content.commit(first, [0, 1, 5]);
    clock.advance(1_000); // saved, and not synced: the files are being written to
    await untilSaved(content);
    expect([...stateOf(content).unsynced].length).toBeGreaterThan(0);
    copyFileSync(content.statePath, join(folder, 'kept'));
    await first.close();
    copyFileSync(join(folder, 'kept'), content.statePath); // as if it had been killed here
    const { have, hashed } = await look(content, { boot });
    expect(have).toEqual([0, 1, 5]);
    expect(hashed).toBeLessThan(3_000);
    copyFileSync(join(folder, 'kept'), content.statePath);
    expect(await look(content, { boot: Uint8Array.of(2) })).toMatchObject({ have: [0, 1, 5] });
  });

  it('hashes what was written after the last save', async () => {
    const content = contentOf();
    const clock = new ManualClock();
    const first = open(content, { clock });
    await first.examine();
    await content.commit(first, [0, 6]);
    clock.advance(1_000);
    await untilSaved(content);
    copyFileSync(content.statePath, join(folder, 'kept'));
    await content.commit(first, [1]);
    await first.close();
    copyFileSync(join(folder, 'kept'), content.statePath);
    const { have, hashed } = await look(content);
    expect([have, hashed]).toEqual([[0, 1, 6], 2_000 + 1_000]); // `c` may have gained a piece, too
  });

  it('remembers how much went in and out, over all runs', async () => {
    const content = contentOf();
    for (let runs = 0; runs < 3; runs += 1)
      await look(content, { totals: { downloadedBytes: 100, uploadedBytes: 7 } });
    expect(stateOf(content).totals).toEqual({ downloadedBytes: 300, uploadedBytes: 21 });
  });

  it('remembers what is there of files that are not wanted for a while', async () => {
    const content = contentOf();
    await store(content, upTo(7));
    // Its own piece: those that it shares are hashed, because their other bytes may be kept elsewhere.
    expect(await look(content, {}, { wanted: ['a'] })).toEqual({ have: [0, 1, 2], hashed: 1_000 });
    const { have, hashed } = await look(content);
    expect([have, hashed <= 1_000]).toEqual([upTo(7), true]);
  });

  it('remembers the selection, and whether it is whole, until it downloads another', async () => {
    const content = contentOf();
    const selection = (): unknown => {
      const { selected, isFinished } = stateOf(content);
      return [selected && [...selected], isFinished];
    };
    await store(content, [0, 1], { wanted: ['a'] });
    expect(selection()).toEqual([[0], false]);
    await look(content, { keepsSelection: true });
    expect(selection()).toEqual([[0], false]);
    const next = open(content, {}, { wanted: ['a'] });
    await next.examine();
    await content.commit(next, [2]);
    await next.finish();
    await next.close();
    expect(selection()).toEqual([[0], true]);
    await look(content);
    expect(selection()).toEqual([undefined, false]);
  });

  it('looks for pieces that were not of interest before', async () => {
    const content = contentOf();
    await store(content, [0, 1, 2], { wanted: ['a'] });
    await store(content, [3, 4], { wanted: ['sub/b'] });
    const { have } = await look(content);
    expect(have).toEqual([0, 1, 2, 3, 4]);
  });

  it('does without where it cannot save, and says so once', async () => {
    const content = contentOf();
    writeFileSync(join(folder, 'state'), 'a file where its folder must be');
    const errors: unknown[] = [];
    const first = open(content, { onError: (error) => errors.push(error) });
    await first.examine();
    await content.commit(first, upTo(7));
    await first.close();
    expect(errors).toMatchObject([{ name: 'DownloadError', detail: { path: content.statePath } }]);
    expect(await look(content, { onError: () => {} })).toEqual({ have: upTo(7), hashed: 7_000 });
  });
});

describe('FileStore, when someone else changes a file on the way', () => {
  it('gives no file its name that holds a wrong piece, and says which', async () => {
    const content = contentOf();
    const first = open(content);
    await first.examine();
    await content.commit(first, [0, 1]);
    flip(content, 'a.part', 10, true);
    await expect(content.commit(first, [2])).rejects.toMatchObject({
      code: 'CHANGED',
      detail: { path: join(content.root, 'a') },
    });
    await first.close();
    expect(content.names()).toContain('a.part');
    expect(await look(content)).toMatchObject({ have: [1, 2] });
  });

  it('checks again what was only touched', async () => {
    const content = contentOf();
    const first = open(content);
    await first.examine();
    await content.commit(first, [0, 1]);
    utimesSync(join(content.root, 'a.part'), 1, 1);
    await content.commit(first, [2]);
    expect(content.completed).toEqual(['a']);
    await first.close();
    expect(await look(content)).toMatchObject({ have: [0, 1, 2] });
  });

  it('refuses one that grew', async () => {
    const content = contentOf();
    const first = open(content);
    await first.examine();
    await content.commit(first, [0, 1, 2].slice(0, 2));
    appendFileSync(join(content.root, 'a.part'), Buffer.alloc(1_000));
    await expect(content.commit(first, [2])).rejects.toMatchObject({ code: 'CHANGED' });
  });
});

async function untilSaved(content: StoredContent): Promise<void> {
  while (loadResumeState(new ResumeFile(content.statePath), content.identity) === undefined)
    await new Promise((resolve) => setTimeout(resolve, 5));
}
