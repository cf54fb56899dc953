import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Metainfo, parseMetainfo } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/folder.ts';
import { runMain, runMainForBytes } from '../testing/run-main.ts';
import { sampleTorrent } from '../testing/torrent.ts';

const [A, B, C] = ['http://a.example/announce', 'udp://b.example:1/?x=1,2', 'http://c.example/announce'];
const TORRENT = sampleTorrent({
  announce: A,
  more: {
    'announce-list': [[A, B], [C]],
    'url-list': ['http://w.example/'],
    comment: 'old',
    'x-unknown': [1, 'two'],
  },
});

async function edited(argv: readonly string[]): Promise<Metainfo> {
  const { exitCode, outBytes, err } = await runMainForBytes(['edit', '-', '--stdout', ...argv], {
    stdin: TORRENT,
  });
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return parseMetainfo(outBytes, { strict: true });
}

describe('millrace edit', () => {
  it.each<[argv: readonly string[], tiers: readonly (readonly string[])[]]>([
    [
      ['-t', 'http://d/,http://e/x,y', '-t', 'http://f/'],
      [[A, B], [C], ['http://d/', 'http://e/x,y'], ['http://f/']],
    ],
    [
      ['-t', A],
      [[A, B], [C]],
    ],
    [
      ['--remove-tracker', B],
      [[A], [C]],
    ],
    [['--remove-tracker', C], [[A, B]]],
    [
      ['--replace-tracker', `${B},http://d/`],
      [[A, 'http://d/'], [C]],
    ],
    [['--replace-tracker', `${A},${C}`], [[C, B]]],
    [['--no-trackers'], []],
    [['--no-trackers', '-t', 'http://d/'], [['http://d/']]],
    [
      ['--remove-tracker', C, '--replace-tracker', `${A},http://d/`, '-t', C],
      [['http://d/', B], [C]],
    ],
  ])('%j leaves the tiers %j and all else', async (argv, tiers) => {
    const { infoHash, comment, webSeeds } = parseMetainfo(TORRENT);
    expect(await edited(argv)).toMatchObject({ tiers, infoHash, comment, webSeeds });
  });

  it.each<[argv: readonly string[], expected: Partial<Metainfo>]>([
    [['-w', 'http://v.example/'], { webSeeds: ['http://w.example/', 'http://v.example/'] }],
    [['--remove-web-seed', 'http://w.example/'], { webSeeds: [] }],
    [['--no-web-seeds', '-w', 'http://v.example/'], { webSeeds: ['http://v.example/'] }],
    [['-c', 'new'], { comment: 'new' }],
  ])('%j leaves %j and all else', async (argv, expected) => {
    const { infoHash, tiers } = parseMetainfo(TORRENT);
    expect(await edited(argv)).toMatchObject({ tiers, infoHash, ...expected });
  });

  it('takes the comment away', async () => {
    expect((await edited(['--no-comment'])).comment).toBe(undefined);
  });

  it.runIf(process.platform !== 'win32')(
    'edits in place: as a whole, with the permissions it had, behind a link',
    async () => {
      const folder = await temporaryFolder();
      const file = path.join(folder, 'a.torrent');
      const link = path.join(folder, 'link');
      await writeFile(file, TORRENT);
      await chmod(file, 0o640);
      await symlink(file, link);
      expect(await runMain(['edit', link, '-c', 'new'])).toEqual({ exitCode: 0, out: `${link}\n`, err: '' });
      expect(parseMetainfo(await readFile(file)).comment).toBe('new');
      expect((await stat(file)).mode & 0o777).toBe(0o640);
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
      expect((await readdir(folder)).toSorted()).toEqual(['a.torrent', 'link']);
      const { mtimeMs } = await stat(file);
      expect((await runMain(['edit', file, '-c', 'new'])).exitCode).toBe(0);
      expect((await stat(file)).mtimeMs).toBe(mtimeMs);
    },
  );

  it('writes to another file, and replaces it only if told to', async () => {
    const folder = await temporaryFolder();
    const output = path.join(folder, 'out.torrent');
    const argv = ['edit', '-', '-c', 'new', '-o', output];
    const { exitCode, out } = await runMain([...argv, '--json'], { stdin: TORRENT });
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      schema: 1,
      path: output,
      comment: 'new',
      trackers: [[A, B], [C]],
    });
    expect((await runMain(argv, { stdin: TORRENT })).exitCode).toBe(13);
    expect((await runMain([...argv, '--force'], { stdin: TORRENT })).exitCode).toBe(0);
  });

  it.each([
    [['-s', 'mark'], 28, 'its info hash is made of it'],
    [['--private'], 28, 'its info hash is made of it'],
    [['--name', 'x', '-c', 'new'], 28, 'its info hash is made of it'],
    [['-l', '1M'], 28, 'its info hash is made of it'],
    [[], 28, 'no change is given'],
    [['--remove-tracker', 'http://d/'], 28, 'it does not name http://d/'],
    [['--replace-tracker', 'http://d/,http://e/'], 28, 'it does not name http://d/'],
    [['--replace-tracker', 'http://d/'], 28, 'two URLs'],
    [['--no-trackers', '--remove-tracker', A], 28, 'it does not name'],
    [['-t', 'nothing'], 28, 'It must be a URL'],
  ])('refuses %j and leaves the file alone', async (argv, expected, reason) => {
    const file = path.join(await temporaryFolder(), 'a.torrent');
    await writeFile(file, TORRENT);
    const { exitCode, out, err } = await runMain(['edit', file, ...argv]);
    expect({ exitCode, out }).toEqual({ exitCode: expected, out: '' });
    expect(err).toContain(reason);
    expect(new Uint8Array(await readFile(file))).toEqual(TORRENT);
  });

  it('refuses what is no torrent, and standard input with nowhere to go', async () => {
    const stdin = new TextEncoder().encode('x');
    expect((await runMain(['edit', '-', '-c', 'x', '--stdout'], { stdin })).exitCode).toBe(25);
    expect((await runMain(['edit', '-', '-c', 'x'], { stdin: TORRENT })).exitCode).toBe(28);
  });
});
