import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Layers } from '../layers.ts';
import { fakeDownloader } from '../testing/fake-layers.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { runMain } from '../testing/run-main.ts';
import { SAMPLE_CONTENT, SAMPLE_PIECE_LENGTH, sampleTorrent } from '../testing/torrent.ts';

const LAST_PIECE = SAMPLE_CONTENT.slice(2 * SAMPLE_PIECE_LENGTH);

/** A downloader that has every piece; `asked` remembers which were wanted. */
function downloader(asked: number[] = []): Partial<Layers> {
  return fakeDownloader({
    downloadPiece: (_, index) => {
      asked.push(index);
      return Promise.resolve(
        SAMPLE_CONTENT.slice(index * SAMPLE_PIECE_LENGTH, (index + 1) * SAMPLE_PIECE_LENGTH),
      );
    },
  });
}

describe.each(['download_piece', 'download-piece'])('millrace %s', (command) => {
  it('writes the piece and prints where it is', async () => {
    const output = path.join(await temporaryFolder(), 'new folder', 'piece-2');
    const argv = [command, '-o', output, '-', '2'];
    expect(await runMain(argv, { stdin: sampleTorrent(), layers: downloader() })).toEqual({
      exitCode: 0,
      out: `${output}\n`,
      err: '',
    });
    expect(new Uint8Array(await readFile(output))).toEqual(LAST_PIECE);
  });

  it('does not fetch again what is there', async () => {
    const output = path.join(await temporaryFolder(), 'piece-2');
    await writeFile(output, LAST_PIECE);
    const asked: number[] = [];
    const result = await runMain([command, '-o', output, '-', '2'], {
      stdin: sampleTorrent(),
      layers: downloader(asked),
    });
    expect(result).toEqual({ exitCode: 0, out: `${output}\n`, err: '' });
    expect(asked).toEqual([]);
  });

  it('does not touch another file unless told to', async () => {
    const output = path.join(await temporaryFolder(), 'piece-2');
    await writeFile(output, new Uint8Array(LAST_PIECE.length));
    const argv = [command, '-o', output, '-', '2'];
    const refused = await runMain(argv, { stdin: sampleTorrent(), layers: downloader() });
    expect(refused).toMatchObject({ exitCode: 13, out: '' });
    expect(refused.err).toContain('--overwrite');
    expect(new Uint8Array(await readFile(output))).toEqual(new Uint8Array(LAST_PIECE.length));
    const told = await runMain([...argv, '--overwrite'], { stdin: sampleTorrent(), layers: downloader() });
    expect(told.exitCode).toBe(0);
    expect(new Uint8Array(await readFile(output))).toEqual(LAST_PIECE);
  });

  it('knows which pieces there are', async () => {
    const { exitCode, err } = await runMain([command, '-o', 'x', '-', '3'], { stdin: sampleTorrent() });
    expect(exitCode).toBe(28);
    expect(err).toBe('millrace: Cannot download piece 3: they go from 0 to 2\n');
  });

  it('says that a folder cannot be made', async () => {
    const file = path.join(await temporaryFolder(), 'file');
    await writeFile(file, 'x');
    const argv = [command, '-o', path.join(file, 'below', 'piece'), '-', '2'];
    const { exitCode, err } = await runMain(argv, { stdin: sampleTorrent(), layers: downloader() });
    expect(exitCode).toBe(18);
    expect(err).toContain('Cannot make folder');
  });
});
