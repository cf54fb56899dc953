import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatInfoHash, parseMetainfo } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/folder.ts';
import { runMain } from '../testing/run-main.ts';
import { sampleTorrent } from '../testing/torrent.ts';

describe('millrace info', () => {
  it('prints the classic lines first, then the rest', async () => {
    const torrent = sampleTorrent();
    const { infoHash, pieceHashes } = parseMetainfo(torrent);
    const hashes = Buffer.from(pieceHashes).toString('hex').match(/.{40}/gu);
    const file = path.join(await temporaryFolder(), 'a.torrent');
    await writeFile(file, torrent);
    expect(await runMain(['info', file])).toEqual({
      exitCode: 0,
      out: [
        'Tracker URL: http://tracker.example/announce',
        'Length: 40000',
        `Info Hash: ${formatInfoHash(infoHash)}`,
        'Piece Length: 16384',
        'Piece Hashes:',
        ...(hashes ?? []),
        'Name: sample.bin',
        'Size: 39.1 KiB in 3 pieces',
        'Files:',
        '40000  sample.bin',
        '',
      ].join('\n'),
      err: '',
    });
  });

  it('lists the files of a torrent from standard input', async () => {
    const files = [
      { path: ['a', 'b.txt'], length: 39_999 },
      { path: ['c'], length: 1 },
    ];
    const { out } = await runMain(['info', '-'], { stdin: sampleTorrent({ files }) });
    expect(out).toContain('\nLength: 40000\n');
    expect(out.slice(out.indexOf('Files:'))).toBe('Files:\n39999  a/b.txt\n    1  c\n');
  });

  it('prints the same as one JSON object', async () => {
    const { out } = await runMain(['info', '--json', '-'], { stdin: sampleTorrent({ name: 'x\u001by' }) });
    expect(out).toMatch(/^[^\p{C}]*\n$/u);
    expect(JSON.parse(out)).toMatchObject({
      schema: 1,
      name: 'x\u001by',
      length: 40_000,
      pieceLength: 16_384,
      pieceCount: 3,
      private: false,
      trackers: [['http://tracker.example/announce']],
      files: [{ path: ['x\u001by'], length: 40_000 }],
    });
  });

  it.each([
    ['x', 25],
    ['', 25],
    ['de', 26],
    ['d4:infodee', 26],
  ])('refuses %j', async (text, exitCode) => {
    const result = await runMain(['info', '-'], { stdin: new TextEncoder().encode(text) });
    expect(result).toMatchObject({ exitCode, out: '' });
    expect(result.err).toMatch(/^millrace: Cannot read torrent/u);
  });

  it('reads no more than any torrent needs', async () => {
    const stdin = new Uint8Array(32 * 1024 * 1024 + 1);
    const { exitCode, err } = await runMain(['info', '-'], { stdin });
    expect(exitCode).toBe(28);
    expect(err).toContain('Cannot read standard input: it is longer than 33554432 bytes');
  });

  it('says that a folder is no torrent', async () => {
    const { exitCode, err } = await runMain(['info', await temporaryFolder()]);
    expect(exitCode).toBe(17);
    expect(err).toContain('it is a folder, expected a file');
  });
});
