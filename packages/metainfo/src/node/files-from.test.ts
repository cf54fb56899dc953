import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTorrent } from '../create.ts';
import { parseMetainfo } from '../parse.ts';
import { sha1 } from '../sha1.ts';
import { filesFrom } from './files-from.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metainfo-'));
  const root = join(folder, 'root');
  await mkdir(join(root, 'b', 'nothing'), { recursive: true });
  await writeFile(join(root, 'b', 'two'), new Uint8Array(2_500_000).fill(2));
  await writeFile(join(root, 'b.txt'), '');
  await writeFile(join(root, 'Z'), 'zzz');
  await writeFile(join(root, '.hidden'), 'h');
});

afterAll(() => rm(folder, { recursive: true }));

describe('filesFrom', () => {
  it('lists a folder by name, whatever the order on disk', async () => {
    const { name, files } = await filesFrom(join(folder, 'root'));
    expect(name).toBe('root');
    expect(files.map(({ path, length }) => [path.join('/'), length])).toEqual([
      ['.hidden', 1],
      ['Z', 3],
      ['b/two', 2_500_000],
      ['b.txt', 0],
    ]);
  });

  it('takes one file for itself', async () => {
    const { name, files } = await filesFrom(join(folder, 'root', 'Z'));
    expect(name).toBe('Z');
    expect(files).toMatchObject([{ path: [], length: 3 }]);
    const metainfo = parseMetainfo(await createTorrent(files, { name }));
    expect(metainfo.pieceHashes).toEqual(sha1(new TextEncoder().encode('zzz')));
  });

  it('streams what createTorrent hashes, as plain Uint8Arrays', async () => {
    const { name, files } = await filesFrom(join(folder, 'root'));
    const metainfo = parseMetainfo(await createTorrent(files, { name, pieceLength: 4_000_000 }));
    const content = new Uint8Array(2_500_004).fill(2);
    content.set(new TextEncoder().encode('hzzz'));
    expect(metainfo.pieceHashes).toEqual(sha1(content));
    for await (const chunk of files[0]?.stream() ?? []) {
      expect(Object.getPrototypeOf(chunk)).toBe(Uint8Array.prototype);
    }
  });

  it.runIf(process.platform !== 'win32')('does not follow links out of the folder', async () => {
    const root = join(folder, 'links');
    await mkdir(root);
    await writeFile(join(root, 'a'), 'a');
    await symlink(join(folder, 'root', 'Z'), join(root, 'file'));
    await symlink('..', join(root, 'loop'));
    const { files, leftOut } = await filesFrom(root);
    expect(files.map(({ path }) => path)).toEqual([['a']]);
    expect(leftOut).toEqual([
      { path: ['file'], reason: 'symbolic link' },
      { path: ['loop'], reason: 'symbolic link' },
    ]);
  });

  it.runIf(process.platform !== 'win32')('follows a link that it is given itself', async () => {
    const link = join(folder, 'link-to-root');
    await symlink(join(folder, 'root'), link);
    const { name, files } = await filesFrom(link);
    expect(name).toBe('link-to-root');
    expect(files[1]?.location.endsWith(join('root', 'Z'))).toBe(true);
  });

  it.runIf(process.platform === 'linux')('leaves out what would block whoever reads it', async () => {
    const root = join(folder, 'special');
    await mkdir(root);
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect(await filesFrom(root)).toMatchObject({
      files: [],
      leftOut: [{ path: ['pipe'], reason: 'no file or folder' }],
    });
  });

  it.runIf(process.platform === 'linux')(
    'refuses a name that is not UTF-8, but not U+FFFD itself',
    async () => {
      const root = join(folder, 'bytes');
      await mkdir(root);
      await writeFile(join(root, 'a\uFFFD'), '');
      expect((await filesFrom(root)).files.map(({ path }) => path)).toEqual([['a\uFFFD']]);
      await writeFile(Buffer.concat([Buffer.from(`${root}/b`), Buffer.of(0xff)]), '');
      await expect(filesFrom(root)).rejects.toMatchObject({ name: 'MetainfoError', code: 'NAME_NOT_UTF8' });
    },
  );

  it('leaves out what it is told to, and does not look into folders that are', async () => {
    const asked: string[] = [];
    const { files, leftOut } = await filesFrom(join(folder, 'root'), {
      isIgnored: (path, isFolder) => {
        asked.push(`${path.join('/')}${isFolder ? '/' : ''}`);
        return path[0] === 'b' || path[0] === 'Z';
      },
    });
    expect(files.map(({ path }) => path)).toEqual([['.hidden'], ['b.txt']]);
    expect(leftOut).toEqual([
      { path: ['Z'], reason: 'ignored' },
      { path: ['b'], reason: 'ignored' },
    ]);
    expect(asked.toSorted()).toEqual(['.hidden', 'Z', 'b.txt', 'b/']);
  });

  it('rejects if there is nothing, or if told to stop', async () => {
    await expect(filesFrom(join(folder, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
    const reason = new Error('enough');
    await expect(filesFrom(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
