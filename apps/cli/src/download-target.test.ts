import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Metainfo, parseMetainfo } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { downloadTarget } from './download-target.ts';
import { temporaryFolder } from './testing/folder.ts';
import { SAMPLE_CONTENT, sampleTorrent } from './testing/torrent.ts';

const SINGLE: Metainfo = parseMetainfo(sampleTorrent({ name: 'a.bin' }));
const MULTI: Metainfo = parseMetainfo(
  sampleTorrent({
    name: 'album',
    files: [
      { path: ['empty'], length: 0 },
      { path: ['cd1', 'one.flac'], length: SAMPLE_CONTENT.length - 1 },
      { path: ['readme'], length: 1 },
    ],
  }),
);

describe('downloadTarget()', () => {
  it('is the name in the current folder, unless told otherwise', async () => {
    expect(downloadTarget(SINGLE, undefined)).toBe('a.bin');
    expect(downloadTarget(MULTI, undefined)).toBe('album');
  });

  it('is a safe name, whatever the torrent says', async () => {
    for (const name of ['../../etc/passwd', '/etc/passwd', '..', 'a\u0000b', '']) {
      const target = downloadTarget(parseMetainfo(sampleTorrent({ name })), undefined);
      expect(target).not.toMatch(/^\.{0,2}$|[/\\\p{Cc}]/u);
    }
  });

  it('is the output itself where nothing is', async () => {
    const folder = await temporaryFolder();
    for (const metainfo of [SINGLE, MULTI]) {
      expect(downloadTarget(metainfo, path.join(folder, 'new'))).toBe(path.join(folder, 'new'));
    }
  });

  it('is in the output where that is a folder, or written as one', async () => {
    const folder = await temporaryFolder();
    expect(downloadTarget(SINGLE, folder)).toBe(path.join(folder, 'a.bin'));
    expect(downloadTarget(MULTI, folder)).toBe(path.join(folder, 'album'));
    expect(downloadTarget(SINGLE, `${folder}/new/`)).toBe(path.join(folder, 'new', 'a.bin'));
  });

  it('is the output itself where that is a file', async () => {
    const file = path.join(await temporaryFolder(), 'file');
    await writeFile(file, 'x');
    expect(downloadTarget(SINGLE, file)).toBe(file);
  });

  it('stays the same folder when the command runs again', async () => {
    for (const [below, bytes] of [
      ['cd1/one.flac.part', 10],
      ['cd1/one.flac', SAMPLE_CONTENT.length - 1],
      ['readme', 1],
    ] as const) {
      const target = path.join(await temporaryFolder(), 'target');
      expect(downloadTarget(MULTI, target)).toBe(target);
      await mkdir(path.dirname(path.join(target, below)), { recursive: true });
      await writeFile(path.join(target, below), new Uint8Array(bytes));
      expect(downloadTarget(MULTI, target)).toBe(target);
      expect(downloadTarget(MULTI, `${target}/`)).toBe(target);
    }
  });

  it('is not taken in by a file that only has the same name, or by an empty one', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'readme'), 'another one');
    await writeFile(path.join(folder, 'empty'), '');
    expect(downloadTarget(MULTI, folder)).toBe(path.join(folder, 'album'));
  });

  it('is in the folder where the content is there under its name', async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, 'album'));
    await writeFile(path.join(folder, 'readme'), '1');
    expect(downloadTarget(MULTI, folder)).toBe(path.join(folder, 'album'));
  });
});
