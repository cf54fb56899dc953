import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/folder.ts';
import { runMain } from '../testing/run-main.ts';
import { SAMPLE_CONTENT, sampleTorrent } from '../testing/torrent.ts';

const FILES = [
  { path: ['a'], length: 16_384 },
  { path: ['b', 'c.txt'], length: 20_000 },
  { path: ['d\u001b'], length: 3616 },
];

/** The sample content as three files in `sample.bin`, complete, and a torrent of it. */
async function placeFiles(): Promise<{ folder: string; torrent: string; content: string }> {
  const folder = await temporaryFolder();
  const torrent = path.join(folder, 'x.torrent');
  const content = path.join(folder, 'sample.bin');
  await writeFile(torrent, sampleTorrent({ files: FILES }));
  await mkdir(path.join(content, 'b'), { recursive: true });
  let offset = 0;
  for (const file of FILES) {
    // The control character does not survive the way to disk.
    const name = path.join(content, ...file.path).replace('\u001b', '_');
    await writeFile(name, SAMPLE_CONTENT.subarray(offset, offset + file.length));
    offset += file.length;
  }
  return { folder, torrent, content };
}

describe('millrace verify', () => {
  it('says that all is there, in the folder or named itself', async () => {
    const { folder, torrent, content } = await placeFiles();
    for (const place of [folder, content, `${content}/`]) {
      expect(await runMain(['verify', torrent, place])).toEqual({
        exitCode: 0,
        out: 'Complete: 3 files, 39.1 KiB in 3 pieces\n',
        err: '',
      });
    }
    const { out } = await runMain(['verify', '-v', torrent, folder]);
    expect(out.split('\n').slice(0, 3)).toEqual([
      'good        a',
      'good        b/c.txt',
      String.raw`good        d\u{1b}`,
    ]);
    expect(await runMain(['verify', '-q', torrent, folder])).toEqual({ exitCode: 0, out: '', err: '' });
  });

  it('names the bytes that are bad, and what is not of the torrent', async () => {
    const { folder, torrent, content } = await placeFiles();
    const bytes = await readFile(path.join(content, 'a'));
    bytes[5] = 255;
    await writeFile(path.join(content, 'a'), bytes);
    await writeFile(path.join(content, 'e\u202e'), '');
    const { exitCode, out, err } = await runMain(['verify', torrent, folder]);
    expect({ exitCode, err }).toEqual({ exitCode: 32, err: '' });
    expect(out.split('\n')).toEqual([
      'bad         a: bad 0-16383',
      String.raw`extra       e\u{202e}`,
      'Not complete: 2 of 3 files good; 59.0 % is good, 16.0 KiB bad',
      '',
    ]);
  });

  it('ends with another exit code when something is missing and nothing is bad', async () => {
    const { folder, torrent, content } = await placeFiles();
    await rm(path.join(content, 'b'), { recursive: true });
    const { exitCode, out } = await runMain(['verify', torrent, folder]);
    expect(exitCode).toBe(7);
    expect(out.split('\n')).toEqual([
      'missing     b/c.txt',
      String.raw`incomplete  d\u{1b}: unknown 0-3615`,
      'Not complete: 1 of 3 files good; 40.9 % is good, 19.5 KiB missing, 3.5 KiB unknown for what is missing beside it',
      '',
    ]);
  });

  it('ends with 32 for a file that is too long, though all its bytes are right', async () => {
    const { folder, torrent, content } = await placeFiles();
    await appendFile(path.join(content, 'a'), 'x');
    const { exitCode, out } = await runMain(['verify', torrent, folder]);
    expect(exitCode).toBe(32);
    expect(out).toMatch(/^bad {9}a \(too long\)\n/u);
  });

  it('prints the same as one JSON object', async () => {
    const { folder, torrent, content } = await placeFiles();
    await rm(path.join(content, 'a'));
    const { exitCode, out } = await runMain(['verify', '--json', torrent, folder]);
    expect(exitCode).toBe(7);
    expect(JSON.parse(out)).toMatchObject({
      schema: 1,
      name: 'sample.bin',
      path: content,
      complete: false,
      pieces: { good: 2, bad: 0, incomplete: 1 },
      bytes: { good: 23_616, bad: 0, missing: 16_384, unknown: 0 },
      files: [
        {
          number: 1,
          path: ['a'],
          length: 16_384,
          state: 'missing',
          problem: 'missing',
          ranges: [{ state: 'missing', begin: 0, length: 16_384 }],
        },
        {
          number: 2,
          path: ['b', 'c.txt'],
          state: 'good',
          bytes: { good: 20_000, bad: 0, missing: 0, unknown: 0 },
          ranges: [{ state: 'good', begin: 0, length: 20_000 }],
        },
        { number: 3, path: ['d\u001b'], state: 'good' },
      ],
      extraFiles: [],
    });
  });

  it('checks a single file, and an unfinished one', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'sample.bin');
    const options = { stdin: sampleTorrent() };
    await writeFile(`${file}.part`, SAMPLE_CONTENT);
    const unfinished = await runMain(['verify', '-', folder], options);
    expect(unfinished.exitCode).toBe(7);
    expect(unfinished.out).toMatch(/^incomplete {2}sample\.bin \(unfinished\)\n/u);
    await writeFile(file, SAMPLE_CONTENT);
    expect((await runMain(['verify', '-', file], options)).exitCode).toBe(0);
    const nowhere = await runMain(['verify', '-', path.join(folder, 'no', 'where')], options);
    expect(nowhere.exitCode).toBe(7);
  });

  it('needs hashes', async () => {
    const { exitCode, err } = await runMain(['verify', 'a'.repeat(40)]);
    expect(exitCode).toBe(28);
    expect(err).toContain('name a .torrent file');
  });
});
