import { appendFile, mkdir, mkdtemp, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTorrent } from '../create.ts';
import { parseMetainfo } from '../parse.ts';
import { createTorrentFrom } from './create-torrent-from.ts';
import { type DiskFile, filesFrom } from './files-from.ts';

const KIB = 1024;

type Change = [how: string, code: string, change: (location: string) => Promise<void>];

const REPLACED_BY_LINK: Change = [
  'has been replaced by a link',
  'FILE_UNREADABLE',
  (location) => replace(location, () => symlink(`${location}.old`, location)),
];

describe('createTorrentFrom', () => {
  it('makes what createTorrent makes of the same files, whatever the threads, lengths and pieces', async () => {
    const anyLengths = fc.array(fc.integer({ min: 0, max: 700_000 }), { minLength: 1, maxLength: 8 });
    const anyPieceLength = fc.constantFrom(1, 2, 4, 16, 17, 64).map((factor) => factor * 16_384);
    const anyThreads = fc.constantFrom(1, 1, 1, 3);
    const anyOptions = fc.record({
      pieceLength: anyPieceLength,
      hasPadding: fc.boolean(),
      threads: anyThreads,
    });
    await fc.assert(
      fc.asyncProperty(anyLengths, anyOptions, async (lengths, options) => {
        fc.pre(lengths.some((length) => length > 0));
        const root = await folderOf(
          Object.fromEntries(lengths.map((length, at) => [`d${at % 3}/${at}`, length])),
        );
        const source = await filesFrom(root);
        const fields = { name: source.name, ...options };
        expect(await createTorrentFrom(source, fields)).toEqual(await createTorrent(source.files, fields));
        await rm(root, { recursive: true });
      }),
      { numRuns: 20 },
    );
  });

  it.each([1, 2, 5])('hashes on %d threads', async (threads) => {
    const root = await folderOf({ a: 6000 * KIB + 1, b: 2000 * KIB - 1, c: 5000 * KIB });
    const source = await filesFrom(root);
    const told: number[] = [];
    const created = await createTorrentFrom(source, {
      pieceLength: 64 * KIB,
      threads,
      onProgress: ({ hashedBytes, totalBytes }) => {
        expect(totalBytes).toBe(13_000 * KIB);
        told.push(hashedBytes);
      },
    });
    expect(created).toEqual(await createTorrent(source.files, { name: source.name, pieceLength: 64 * KIB }));
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(13_000 * KIB);
  });

  it('takes one file for itself, under another name if told so', async () => {
    const root = await folderOf({ a: 5 });
    const metainfo = parseMetainfo(
      await createTorrentFrom(await filesFrom(join(root, 'a')), { name: 'other' }),
    );
    expect(metainfo).toMatchObject({ name: 'other', isSingleFile: true, files: [{ length: 5 }] });
  });

  it('refuses a folder without files, and files without bytes', async () => {
    const root = await folderOf({});
    const empty = { code: 'NO_CONTENT', message: expect.stringMatching(/there are no files/u) };
    await expect(createTorrentFrom(await filesFrom(root))).rejects.toMatchObject(empty);
    await writeFile(join(root, 'a'), '');
    await expect(createTorrentFrom(await filesFrom(root))).rejects.toMatchObject({ code: 'NO_CONTENT' });
  });

  it('stops when told to, with the reason of the signal', async () => {
    const source = await filesFrom(await folderOf({ a: 20_000 * KIB }));
    const reason = new Error('enough');
    const aborted = createTorrentFrom(source, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
    const controller = new AbortController();
    setImmediate(() => controller.abort(reason));
    await expect(createTorrentFrom(source, { signal: controller.signal })).rejects.toBe(reason);
  });

  it.each<Change>([
    ['grew', 'FILE_CHANGED', (location) => appendFile(location, 'x')],
    ['shrank', 'FILE_CHANGED', (location) => writeFile(location, 'x')],
    ['was written to', 'FILE_CHANGED', (location) => utimes(location, 1, 1)],
    ['is gone', 'FILE_UNREADABLE', (location) => rm(location)],
    [
      'has been replaced by a folder',
      'FILE_UNREADABLE',
      (location) => replace(location, () => mkdir(location)),
    ],
    ['has been replaced by its equal', 'FILE_CHANGED', (location) => replaceByEqual(location)],
    ...(process.platform === 'win32' ? [] : [REPLACED_BY_LINK]),
  ])('names a file that %s since it was listed', async (_, code, change) => {
    for (const [lengths, threads] of [
      [{ a: 10, b: 20, c: 10 }, 1],
      [{ a: 1, b: 3_000_000, c: 5_000_000 }, 2],
    ] as const) {
      const source = await filesFrom(await folderOf(lengths));
      const { location } = fileOf(source.files, 'b');
      await change(location);
      await expect(createTorrentFrom(source, { threads })).rejects.toMatchObject({
        name: 'MetainfoError',
        code,
        detail: { path: location },
        message: expect.stringContaining(location),
      });
    }
  });

  it('pads each file to a piece of its own, and the torrent says so', async () => {
    const source = await filesFrom(await folderOf({ a: 16_385, b: 0, c: 32_768, d: 1, e: 0 }));
    const metainfo = parseMetainfo(
      await createTorrentFrom(source, { pieceLength: 16_384, hasPadding: true }),
      { strict: true },
    );
    expect(metainfo.files.map(({ path, length, isPadding }) => [path.join('/'), length, isPadding])).toEqual([
      ['a', 16_385, false],
      ['.pad/16383', 16_383, true],
      ['b', 0, false],
      ['c', 32_768, false],
      ['d', 1, false],
      ['e', 0, false],
    ]);
    const alone = await createTorrentFrom(await filesFrom(fileOf(source.files, 'c').location), {
      pieceLength: 16_384,
    });
    expect(metainfo.pieceHashes.subarray(40, 80)).toEqual(parseMetainfo(alone).pieceHashes);
  });
});

function fileOf(files: readonly DiskFile[], name: string): DiskFile {
  const file = files.find(({ path }) => path.join('/') === name);
  if (file === undefined) throw new Error(`There is no ${name}`);
  return file;
}

async function replace(location: string, make: () => Promise<unknown>): Promise<void> {
  await rename(location, `${location}.old`);
  await make();
}

/** Another file of the same size and time. */
async function replaceByEqual(location: string): Promise<void> {
  const { size, mtime } = await stat(location);
  await replace(location, () => writeFile(location, new Uint8Array(size)));
  await utimes(location, mtime, mtime);
}

async function folderOf(lengths: Readonly<Record<string, number>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'metainfo-create-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, length] of Object.entries(lengths)) {
    const location = join(root, path);
    await mkdir(dirname(location), { recursive: true });
    await writeFile(location, new Uint8Array(length).fill(length % 251));
  }
  return root;
}
