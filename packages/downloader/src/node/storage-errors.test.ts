import { execFileSync } from 'node:child_process';
import {
  existsSync,
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
import { startSeeder, torrentOf, type SampleTorrent, type Seeder } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../events.ts';
import { StoredContent } from '../testing/stored-content.ts';
import { download } from './download.ts';
import type { FileStore } from './file-store.ts';

let folder: string;
let place: { readonly isHere: boolean; readonly done: () => void };
let contents: StoredContent[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  contents = [];
});
afterEach(async () => {
  for (const content of contents) await content[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function begun(files: Readonly<Record<string, number>>, pieces: readonly number[]) {
  const content = new StoredContent({ folder, files });
  contents.push(content);
  const store: FileStore = content.store({ place });
  await store.examine();
  await content.commit(store, pieces);
  return { content, store };
}

describe.skipIf(process.platform === 'win32').each([
  ['on the calling thread', true],
  ['on worker threads', false],
])('FileStore, %s, when what it writes to is moved about meanwhile', (_where, isHere) => {
  beforeEach(() => {
    place = { isHere, done: () => {} };
  });

  it('does not make a content folder again that is gone', async () => {
    const { content, store } = await begun({ a: 1_000, b: 1_000 }, [0]);
    renameSync(content.root, join(folder, 'moved'));
    await expect(content.commit(store, [1])).rejects.toMatchObject({
      detail: { code: 'CHANGED', path: content.root },
    });
    expect(existsSync(content.root)).toBe(false);
  });

  it('does not write to a folder that came in its place', async () => {
    const { content, store } = await begun({ a: 1_000, b: 1_000 }, [0]);
    renameSync(content.root, join(folder, 'moved'));
    mkdirSync(content.root);
    await expect(content.commit(store, [1])).rejects.toMatchObject({
      detail: { code: 'CHANGED', path: content.root },
    });
    expect(readdirSync(content.root)).toEqual([]);
  });

  it('does not make a gone folder again on another thread than the one that made it', async () => {
    const content = new StoredContent({ folder, files: { a: 1_000, b: 1_000 } });
    contents.push(content);
    const moving = {
      isHere,
      done: (): void => {
        moving.isHere = !isHere;
      },
    };
    const store = content.store({ place: moving });
    await store.examine();
    await content.commit(store, [0]);
    moving.isHere = !isHere;
    renameSync(content.root, join(folder, 'moved'));
    await expect(content.commit(store, [1])).rejects.toMatchObject({ code: 'CHANGED' });
    expect(existsSync(content.root)).toBe(false);
  });

  it.each([
    ['sub', 'sub'],
    ['deep/down', 'deep/down'],
    ['deep', 'deep/down'],
  ])(
    'writes, makes and renames nothing through a link that came in the place of %s',
    async (swapped, sub) => {
      const { content, store } = await begun(
        { [`${sub}/a`]: 1_000, [`${sub}/b`]: 2_000, [`${sub}/c`]: 1_000 },
        [1],
      );
      const victim = join(folder, 'victim');
      mkdirSync(victim);
      mkdirSync(join(victim, 'down'));
      for (const name of ['b.part', 'down/b.part']) writeFileSync(join(victim, name), 'precious');
      renameSync(join(content.root, swapped), join(folder, 'moved'));
      symlinkSync(victim, join(content.root, swapped));
      // A new file; more of a file that is open; the name of one that is whole.
      for (const piece of [0, 2, 3])
        await expect(content.commit(store, [piece])).rejects.toMatchObject({
          detail: { path: expect.stringContaining(content.root) as string },
        });
      expect(readdirSync(victim, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
        'b.part',
        'down',
        'down/b.part',
      ]);
      expect(readFileSync(join(victim, 'b.part'), 'utf8')).toBe('precious');
    },
  );

  it.each<[string, (path: string) => void]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a link', (path) => symlinkSync(join(folder, 'elsewhere'), path)],
    ['nothing', () => {}],
    ['another file', (path) => writeFileSync(path, Buffer.alloc(3_000))],
  ])('says which file it is in whose place there is %s', async (_, make) => {
    const { content, store } = await begun({ a: 3_000, b: 1_000 }, [0, 1]);
    const part = join(content.root, 'a.part');
    rmSync(part);
    make(part);
    await expect(content.commit(store, [2])).rejects.toMatchObject({
      code: 'CHANGED',
      detail: { path: join(content.root, 'a') },
    });
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });
});

/** Whether a small disk can be had; where tests count it has to be. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const probe = mkdtempSync(join(tmpdir(), 'millrace-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return process.env['CI'] === 'true';
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

const isPossible = canMount();
if (!isPossible) console.warn('No disk is filled: to mount a small one, be root on Linux');

describe.runIf(isPossible)('download() to a small disk', () => {
  const LENGTH = 4 * 2 ** 20;
  const FIRST_LENGTH = 2 ** 20;
  const PIECE_LENGTH = 2 ** 16;
  const MEMORY_LENGTH = 2 ** 18;
  let disk: string;
  let seeder: Seeder;
  let torrent: SampleTorrent;
  beforeEach(async () => {
    disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    torrent = await torrentOf(
      [
        { path: 'a', length: FIRST_LENGTH },
        { path: 'sub/b', length: LENGTH - FIRST_LENGTH },
      ],
      { pieceLength: PIECE_LENGTH },
    );
    seeder = await startSeeder({ metainfo: torrent.metainfo, payload: torrent.payload });
  });
  afterEach(async () => {
    execFileSync('umount', ['--lazy', disk]);
    await seeder.close();
  });

  /** Downloads, and answers with what happened and how it ended. */
  async function run(state: 'beside' | { folder: string }) {
    const events: DownloadEvent[] = [];
    await using running = download(torrent.metainfo, {
      path: join(disk, 'out'),
      state,
      peers: [seeder.address],
      trackers: [],
      listen: false,
      memoryBytes: MEMORY_LENGTH,
      onEvent: (event) => events.push(event),
    });
    const error: unknown = await running.done.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { events, error };
  }

  const isRight = (index: number): boolean => {
    const begin = index * PIECE_LENGTH;
    const [name, at] = begin < FIRST_LENGTH ? ['a', begin] : ['sub/b', begin - FIRST_LENGTH];
    const path = join(disk, 'out', name);
    const found = readFileSync(existsSync(path) ? path : `${path}.part`).subarray(at, at + PIECE_LENGTH);
    return found.equals(torrent.payload.subarray(begin, begin + PIECE_LENGTH));
  };

  it.each([['elsewhere'], ['beside']])(
    'ends when it is full, keeps what is verified, and goes on when there is room (state %s)',
    { timeout: 60_000 },
    async (where) => {
      const state = where === 'beside' ? where : { folder: join(folder, 'state') };
      const first = await run(state);
      expect(first.error).toMatchObject({ code: 'NO_SPACE' });
      expect(String(first.error)).toContain(join(disk, 'out'));
      const verified = first.events.flatMap((event) => (event.type === 'pieceVerified' ? [event.index] : []));
      expect(verified.length).toBeGreaterThan(20);
      expect(verified.filter((index) => !isRight(index))).toEqual([]);
      // Full still: the same again, and nothing is lost by it.
      const second = await run(state);
      expect(second.error).toMatchObject({ code: 'NO_SPACE' });
      execFileSync('mount', ['-o', 'remount,size=8m', disk]);
      const third = await run(state);
      expect(third.error).toBeUndefined();
      expect(third.events.find(({ type }) => type === 'checked')).toMatchObject({
        piecesHave: expect.toSatisfy((count: number) => count >= verified.length) as number,
      });
      for (const [at, name] of ['a', 'sub/b'].entries())
        expect(readFileSync(join(disk, 'out', name)).equals(torrent.fileBytes[at] ?? new Uint8Array())).toBe(
          true,
        );
      // What was in memory, and on its way, when there was no room.
      expect(seeder.statistics.bytes - LENGTH).toBeLessThan(2 * (MEMORY_LENGTH + 2 ** 20));
    },
  );

  it('says which file cannot be written on a disk that is read-only', async () => {
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const { error } = await run('beside');
    expect(error).toMatchObject({ code: 'NOT_WRITABLE' });
    expect(String(error)).toContain(disk);
  });
});
