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
    expect((await filesFrom(root)).files.map(({ path }) => path)).toEqual([['a']]);
  });

  it('rejects if there is nothing, or if told to stop', async () => {
    await expect(filesFrom(join(folder, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
    const reason = new Error('enough');
    await expect(filesFrom(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
