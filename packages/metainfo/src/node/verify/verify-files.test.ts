import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTorrent } from '../../create.ts';
import { fileFromBytes } from '../../input-file.ts';
import type { Metainfo } from '../../metainfo.ts';
import { parseMetainfo } from '../../parse.ts';
import type { CheckedFile, Verification } from './verification.ts';
import { verifyFiles } from './verify-files.ts';

const PIECE = 16_384;

interface Placed {
  readonly metainfo: Metainfo;
  readonly root: string;
}

/** Makes a torrent of files of these lengths and puts them on disk. */
async function place(lengths: Readonly<Record<string, number>>, hasPadding = false): Promise<Placed> {
  const folder = await mkdtemp(join(tmpdir(), 'metainfo-verify-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, 'root');
  await mkdir(root);
  const files = Object.entries(lengths).map(([path, length]) => ({ path, content: bytesOf(path, length) }));
  for (const { path, content } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  const inputs = files.map(({ path, content }) => fileFromBytes(path.split('/'), content));
  const torrent = await createTorrent(inputs, { name: 'root', pieceLength: PIECE, hasPadding });
  return { metainfo: parseMetainfo(torrent), root };
}

function bytesOf(path: string, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + path.length * 13 + (at >> 8)) % 251);
}

/** What is said of each file, in short: state, problem, ranges. */
function reports(verification: Verification, { files }: Metainfo): Record<string, string> {
  const rows = verification.files.map((file): [string, string] => [
    files[file.index]?.path.join('/') ?? '',
    report(verification, file),
  ]);
  return Object.fromEntries(rows);
}

function report(verification: Verification, { index, state, problem }: CheckedFile): string {
  const ranges = [...verification.ranges(index)].map(
    (range) => `${range.begin}+${range.length} ${range.state}`,
  );
  return [problem === undefined ? state : `${state} (${problem})`, ...ranges].join(', ');
}

type Row = [what: string, change: (file: string) => Promise<unknown>, expected: string];

/** Windows has no such files, or needs a privilege to make them. */
const POSIX_ROWS: readonly Row[] = [
  [
    'is a link to its own content',
    (file) => replace(file, () => symlink(`${file}.old`, file)),
    `missing (a symbolic link), 0+${PIECE} missing`,
  ],
  [
    'is in a folder that is a link',
    (file) => replace(dirname(file), () => symlink(`${dirname(file)}.old`, dirname(file))),
    `missing (behind something that is no folder), 0+${PIECE} missing`,
  ],
  [
    'would block',
    (file) => replace(file, () => Promise.resolve(execFileSync('mkfifo', [file]))),
    `missing (no plain file), 0+${PIECE} missing`,
  ],
];

describe('verifyFiles', () => {
  it('finds what is whole to be whole', async () => {
    const { metainfo, root } = await place({ a: 3 * PIECE + 5, 'b/c': 10, empty: 0, z: 2 * PIECE });
    const verification = await verifyFiles(metainfo, root);
    expect(verification).toMatchObject({ root, isComplete: true, extraFiles: [] });
    expect(verification.countPieces()).toEqual({ good: 6, bad: 0, incomplete: 0 });
    expect(verification.countBytes()).toEqual({ good: 5 * PIECE + 15, bad: 0, missing: 0, unknown: 0 });
    expect(reports(verification, metainfo)).toEqual({
      a: `good, 0+${3 * PIECE + 5} good`,
      'b/c': 'good, 0+10 good',
      empty: 'good',
      z: `good, 0+${2 * PIECE} good`,
    });
  });

  it('says of each range what it is, also where a piece has bytes of several files', async () => {
    const { metainfo, root } = await place({
      a: 3 * PIECE,
      b: PIECE + 100,
      c: PIECE - 100,
      d: 50,
      e: 2 * PIECE,
    });
    await damage(join(root, 'a'), PIECE + 7);
    await rm(join(root, 'c'));
    await truncate(join(root, 'e'), PIECE);
    const verification = await verifyFiles(metainfo, root);
    expect(reports(verification, metainfo)).toEqual({
      a: `bad, 0+${PIECE} good, ${PIECE}+${PIECE} bad, ${2 * PIECE}+${PIECE} good`,
      b: `incomplete, 0+${PIECE} good, ${PIECE}+100 unknown`,
      c: `missing (missing), 0+${PIECE - 100} missing`,
      d: 'good, 0+50 good',
      e: `incomplete (too short), 0+${PIECE - 50} good, ${PIECE - 50}+50 unknown, ${PIECE}+${PIECE} missing`,
    });
    expect(verification.isComplete).toBe(false);
    expect(verification.countPieces()).toEqual({ good: 4, bad: 1, incomplete: 3 });
  });

  it.each<Row>([
    ['is gone', (file) => rm(file), `missing (missing), 0+${PIECE} missing`],
    [
      'is too short',
      (file) => truncate(file, 10),
      `incomplete (too short), 0+10 unknown, 10+${PIECE - 10} missing`,
    ],
    ['is too long', (file) => appendFile(file, 'x'), `bad (too long), 0+${PIECE} good`],
    ['is a folder', (file) => replace(file, () => mkdir(file)), `missing (a folder), 0+${PIECE} missing`],
    ['is unfinished', (file) => rename(file, `${file}.part`), `incomplete (unfinished), 0+${PIECE} good`],
    [
      'is in a folder that is a file',
      (file) => replace(dirname(file), () => writeFile(dirname(file), 'x')),
      `missing (behind something that is no folder), 0+${PIECE} missing`,
    ],
    ...(process.platform === 'win32' ? [] : POSIX_ROWS),
  ])('tells when a file %s', async (_, change, expected) => {
    const { metainfo, root } = await place({ a: PIECE, 'd/b': PIECE, z: PIECE });
    await change(join(root, 'd', 'b'));
    const verification = await verifyFiles(metainfo, root);
    expect(reports(verification, metainfo)).toEqual({
      a: `good, 0+${PIECE} good`,
      'd/b': expected,
      z: `good, 0+${PIECE} good`,
    });
    expect(verification.isComplete).toBe(false);
  });

  it('tells empty files that are there from those that are not, and are too long', async () => {
    const { metainfo, root } = await place({ a: 1, b: 0, c: 0, d: 0 });
    await rm(join(root, 'b'));
    await writeFile(join(root, 'c'), 'x');
    const verification = await verifyFiles(metainfo, root);
    expect(reports(verification, metainfo)).toEqual({
      a: 'good, 0+1 good',
      b: 'missing (missing)',
      c: 'bad (too long)',
      d: 'good',
    });
  });

  it('checks a single file, and one that is not there', async () => {
    const { root } = await place({ a: 2 * PIECE });
    const file = join(root, 'a');
    const torrent = await createTorrent([fileFromBytes([], bytesOf('a', 2 * PIECE))], { name: 'x' });
    const metainfo = parseMetainfo(torrent);
    expect((await verifyFiles(metainfo, file)).isComplete).toBe(true);
    const nothing = await verifyFiles(metainfo, join(root, 'no', 'where'));
    expect(reports(nothing, metainfo)).toEqual({ '': `missing (missing), 0+${2 * PIECE} missing` });
  });

  it('takes padding for zeros that are there', async () => {
    const { metainfo, root } = await place({ a: 5, b: 7 }, true);
    expect(await readdir(root)).toEqual(['a', 'b']);
    const verification = await verifyFiles(metainfo, root);
    expect(verification.isComplete).toBe(true);
    expect(verification.files.map(({ index }) => index)).toEqual([0, 2]);
  });

  it('lists what is not of the torrent, and does not mind it', async () => {
    const { metainfo, root } = await place({ a: PIECE, 'd/b': 1 });
    await writeFile(join(root, 'd', 'x'), '');
    await writeFile(join(root, 'y'), '');
    await mkdir(join(root, 'e', 'empty'), { recursive: true });
    const verification = await verifyFiles(metainfo, root);
    expect(verification.extraFiles).toEqual(['d/x', 'y']);
    expect(verification.isComplete).toBe(true);
  });

  it('changes nothing: not a byte, not a time, not a name, even where it may not', async () => {
    const { metainfo, root } = await place({ a: 3 * PIECE, 'd/b': PIECE, c: 5 });
    await damage(join(root, 'a'), 5);
    await rename(join(root, 'c'), join(root, 'c.part'));
    await rm(join(root, 'd', 'b'));
    for (const mode of [0o755, 0o555]) {
      for (const folder of [root, join(root, 'd'), dirname(root)]) await chmod(folder, mode);
      const before = await snapshot(dirname(root));
      await verifyFiles(metainfo, root, { threads: 2 });
      expect(await snapshot(dirname(root))).toEqual(before);
    }
    for (const folder of [root, join(root, 'd'), dirname(root)]) await chmod(folder, 0o755);
  });

  it('finds just the damage that was done, whatever it is, on any number of threads', async () => {
    const anyLengths = fc.array(fc.integer({ min: 0, max: 3 * PIECE }), { minLength: 1, maxLength: 6 });
    const anyDamage = fc.array(
      fc.record({ kind: fc.constantFrom('flip', 'cut', 'remove'), file: fc.nat(5), at: fc.nat() }),
      {
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        anyLengths,
        anyDamage,
        fc.constantFrom(1, 1, 1, 3),
        async (lengths, damages, threads) => {
          fc.pre(lengths.some((length) => length > 0));
          const { metainfo, root } = await place(
            Object.fromEntries(lengths.map((length, at) => [`${at}`, length])),
          );
          const there = lengths.slice();
          const flipped = new Set<number>();
          for (const { kind, file, at } of damages) {
            const length = there[file] ?? 0;
            if (length <= 0) continue;
            const name = join(root, String(file));
            if (kind === 'flip') {
              const offset = (metainfo.files[file]?.offset ?? 0) + (at % length);
              if (flipped.has(offset)) continue;
              flipped.add(offset);
              await damage(name, at % length);
            } else if (kind === 'cut') {
              there[file] = at % length;
              await truncate(name, at % length);
            } else {
              there[file] = -1;
              await rm(name);
            }
          }
          const verification = await verifyFiles(metainfo, root, { threads });
          // What a piece is, byte by byte.
          const expected = Array.from({ length: metainfo.layout.pieceCount }, (_, index) => {
            let state = 1;
            for (let at = index * PIECE; at < index * PIECE + metainfo.layout.pieceLength(index); at += 1) {
              const file = metainfo.files.findLast(
                ({ offset, length }) => offset <= at && at < offset + length,
              );
              if (file !== undefined && at - file.offset >= (there[file.index] ?? 0)) return 0;
              if (flipped.has(at)) state = 2;
            }
            return state;
          });
          expect([...verification.pieceStates]).toEqual(expected);
          for (const { index, bytes } of verification.files) {
            const ranges = [...verification.ranges(index)];
            let end = 0;
            for (const range of ranges) {
              expect(range.begin).toBe(end);
              end += range.length;
            }
            expect(end).toBe(lengths[index]);
            expect(Object.values(bytes).reduce((sum, count) => sum + count, 0)).toBe(lengths[index]);
            expect(ranges.every(({ state }, at) => state !== ranges[at - 1]?.state)).toBe(true);
          }
          await rm(dirname(root), { recursive: true });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('tells how far it is, and stops when told to', async () => {
    const { metainfo, root } = await place({ a: 3 * PIECE, b: PIECE });
    await rm(join(root, 'b'));
    const told: unknown[] = [];
    await verifyFiles(metainfo, root, { onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toEqual({ hashedBytes: 3 * PIECE, totalBytes: 3 * PIECE });
    const signal = AbortSignal.abort('enough');
    await expect(verifyFiles(metainfo, root, { signal })).rejects.toBe('enough');
  });
});

async function damage(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

async function replace(location: string, make: () => Promise<unknown>): Promise<void> {
  await rename(location, `${location}.old`);
  await make();
}

/** Every name below a folder with what changes when someone writes. */
async function snapshot(folder: string): Promise<Record<string, unknown>> {
  const names = ['', ...(await readdir(folder, { recursive: true }))];
  const entries = await Promise.all(
    names.map(async (name): Promise<[string, unknown]> => {
      const { mtimeMs, ctimeMs, size, mode, ino } = await stat(join(folder, name));
      return [name, { mtimeMs, ctimeMs, size, mode, ino }];
    }),
  );
  return Object.fromEntries(entries);
}
