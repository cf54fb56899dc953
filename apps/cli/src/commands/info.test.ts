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
      files: [{ number: 1, path: ['x\u001by'], length: 40_000 }],
    });
  });

  it('says what else the torrent holds, escaped', async () => {
    const more = {
      'announce-list': [['http://a/'], ['http://b/', 'http://c/']],
      comment: 'words\n',
      'created by': 'maker',
      'creation date': 1_700_000_000,
      httpseeds: ['http://h/'],
      nodes: [['node.example', 6881]],
      'url-list': ['http://w/'],
    };
    const torrent = sampleTorrent({ more, info: { private: 1, source: 'mark' } });
    const { out } = await runMain(['info', '-'], { stdin: torrent });
    expect(out.slice(out.indexOf('Name:'), out.indexOf('Files:')).split('\n')).toEqual([
      'Name: sample.bin',
      'Size: 39.1 KiB in 3 pieces',
      'Private: peers from its trackers only',
      String.raw`Comment: words\u{a}`,
      'Source: mark',
      'Created By: maker',
      'Created At: 2023-11-14T22:13:20.000Z',
      'Further Tracker: http://b/',
      'Further Tracker: http://c/',
      'Web Seed: http://w/',
      'HTTP Seed: http://h/',
      'DHT Node: node.example port 6881',
      '',
    ]);
    expect(JSON.parse((await runMain(['info', '--json', '-'], { stdin: torrent })).out)).toMatchObject({
      private: true,
      comment: 'words\n',
      source: 'mark',
      createdBy: 'maker',
      createdAt: '2023-11-14T22:13:20.000Z',
      trackers: more['announce-list'],
      webSeeds: ['http://w/'],
      httpSeeds: ['http://h/'],
      nodes: [{ host: 'node.example', port: 6881 }],
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
