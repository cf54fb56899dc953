import { access, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatInfoHash, type Metainfo, parseMetainfo } from '@millrace/metainfo';
import { describe, expect, it } from 'vitest';
import { Interruption } from '../interruption.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { runMain, runMainForBytes } from '../testing/run-main.ts';

/** A folder `content` in a folder for the test; paths end with `/` for folders. */
async function contentOf(
  files: Readonly<Record<string, string>>,
): Promise<{ folder: string; content: string }> {
  const folder = await temporaryFolder();
  const content = path.join(folder, 'content');
  await mkdir(content);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(content, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return { folder, content };
}

async function parsed(file: string): Promise<Metainfo> {
  return parseMetainfo(await readFile(file), { strict: true });
}

function paths({ files }: Metainfo): string[] {
  return files.map((file) => file.path.join('/'));
}

/** On Windows, making one needs a privilege. */
const hasLinks = process.platform !== 'win32';

describe('millrace create', () => {
  it('makes a torrent of a folder and prints where it is', async () => {
    const { folder, content } = await contentOf({ 'b/two': 'two', a: 'one', empty: '' });
    const output = path.join(folder, 'x.torrent');
    const { exitCode, out, err } = await runMain(['create', content, '-o', output]);
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: `${output}\n` });
    const metainfo = await parsed(output);
    expect(metainfo).toMatchObject({
      name: 'content',
      isPrivate: false,
      tiers: [],
      webSeeds: [],
      pieceLength: 16_384,
    });
    expect(metainfo.createdAt ?? metainfo.createdBy ?? metainfo.comment ?? metainfo.source).toBe(undefined);
    expect(paths(metainfo)).toEqual(['a', 'b/two', 'empty']);
    expect(err).toBe(`3 files, 6 B in 1 piece of 16.0 KiB, info hash ${formatInfoHash(metainfo.infoHash)}\n`);
  });

  it('says in it what it is told to', async () => {
    const { folder, content } = await contentOf({ a: 'a' });
    const output = path.join(folder, 'x.torrent');
    const trackers = ['-t', 'udp://a.example:1,http://b.example/x,y', '-t', 'http://c.example/'];
    const words = ['-c', 'words', '-s', 'mark', '-n', 'other', '--created-by', 'me', '-p', '-l', '1M', '-q'];
    const argv = ['create', content, '-o', output, ...trackers, '-w', 'http://w.example/', ...words];
    expect(await runMain(argv)).toEqual({ exitCode: 0, out: `${output}\n`, err: '' });
    expect(await parsed(output)).toMatchObject({
      name: 'other',
      tiers: [['udp://a.example:1', 'http://b.example/x,y'], ['http://c.example/']],
      webSeeds: ['http://w.example/'],
      comment: 'words',
      source: 'mark',
      createdBy: 'me',
      isPrivate: true,
      pieceLength: 1_048_576,
    });
  });

  it.runIf(hasLinks)('prints one JSON object', async () => {
    const { folder, content } = await contentOf({ a: 'abc', 'x.tmp': '' });
    await symlink('/', path.join(content, 'link'));
    const argv = ['create', content, '--json', '-x', '*.tmp', '-o', `${folder}/`];
    const { out } = await runMain(argv);
    const target = path.join(folder, 'content.torrent');
    expect(JSON.parse(out)).toEqual({
      schema: 1,
      path: target,
      name: 'content',
      infoHash: formatInfoHash((await parsed(target)).infoHash),
      length: 3,
      pieceLength: 16_384,
      pieceCount: 1,
      files: 1,
      leftOut: [
        { path: ['link'], reason: 'symbolic link' },
        { path: ['x.tmp'], reason: 'ignored' },
      ],
    });
  });

  it.runIf(hasLinks)('names what it left out unasked, escaped', async () => {
    const { content } = await contentOf({ a: 'abc' });
    await symlink('/', path.join(content, 'l\u001bk'));
    const { exitCode, err } = await runMainForBytes(['create', content, '--stdout']);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: 'Left out: l\\u{1b}k (symbolic link)\n' });
  });

  it.each([
    [
      ['-x', '*.tmp'],
      ['build/x', 'src/build', 'src/keep'],
    ],
    [
      ['-x', 'build/'],
      ['a.tmp', 'src/b.TMP', 'src/build', 'src/keep'],
    ],
    [
      ['-x', 'build'],
      ['a.tmp', 'src/b.TMP', 'src/keep'],
    ],
    [
      ['-x', 'src/b*'],
      ['a.tmp', 'build/x', 'src/keep'],
    ],
    [['-x', 'src', '-x', '**/x'], ['a.tmp']],
  ])('leaves out what %j says', async (options, left) => {
    const { content } = await contentOf({
      'a.tmp': 'a',
      'src/b.TMP': 'b',
      'src/build': 'c',
      'src/keep': 'd',
      'build/x': 'e',
    });
    const { outBytes } = await runMainForBytes(['create', content, '--stdout', ...options]);
    expect(paths(parseMetainfo(outBytes))).toEqual(left);
  });

  it('is not part of itself', async () => {
    const { content } = await contentOf({ a: 'a' });
    const argv = ['create', content, '-o', path.join(content, 'own.torrent'), '--force'];
    await runMain(argv);
    const first = await readFile(path.join(content, 'own.torrent'));
    await runMain(argv);
    expect(await readFile(path.join(content, 'own.torrent'))).toEqual(first);
    expect(paths(parseMetainfo(first))).toEqual(['a']);
  });

  it('replaces what is there only if told to, and leaves nothing else behind', async () => {
    const { folder, content } = await contentOf({ a: 'a' });
    const output = path.join(folder, 'x.torrent');
    await writeFile(output, 'precious');
    const refused = await runMain(['create', content, '-o', output]);
    expect(refused).toMatchObject({ exitCode: 13, out: '' });
    expect(refused.err).toContain(`Cannot write "${output}": something is there already`);
    expect(await readFile(output, 'utf8')).toBe('precious');
    expect((await runMain(['create', content, '-o', output, '--overwrite'])).exitCode).toBe(0);
    expect((await parsed(output)).name).toBe('content');
    expect((await readdir(folder)).toSorted()).toEqual(['content', 'x.torrent']);
  });

  it.each([
    [{}, [], undefined],
    [{ SOURCE_DATE_EPOCH: '1700000000' }, [], new Date(1_700_000_000_000)],
    [{ SOURCE_DATE_EPOCH: '1700000000' }, ['--date'], new Date(1_700_000_000_000)],
    [{ SOURCE_DATE_EPOCH: '1700000000' }, ['--no-date'], undefined],
  ])('with the environment %j and %j writes the date %s', async (environment, options, createdAt) => {
    const { content } = await contentOf({ a: 'a' });
    const { outBytes } = await runMainForBytes(['create', content, '--stdout', ...options], { environment });
    expect(parseMetainfo(outBytes).createdAt).toEqual(createdAt);
  });

  it('writes the present date if asked to', async () => {
    const { content } = await contentOf({ a: 'a' });
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { outBytes } = await runMainForBytes(['create', content, '--stdout', '--date']);
    const created = parseMetainfo(outBytes).createdAt?.getTime() ?? 0;
    expect(created).toBeGreaterThanOrEqual(before);
    expect(created).toBeLessThanOrEqual(Date.now());
  });

  it('gives the same bytes whatever the order on disk and the times of the files', async () => {
    const names = ['z', 'a', 'm/1', 'm/0', 'A'];
    const make = async (order: readonly string[]): Promise<Uint8Array> => {
      const { content } = await contentOf(Object.fromEntries(order.map((name) => [name, name])));
      return (await runMainForBytes(['create', content, '--stdout'])).outBytes;
    };
    expect(await make(names)).toEqual(await make(names.toReversed()));
  });

  it.each([
    [['-l', '100K'], 'power of two'],
    [['-l', '8K'], 'power of two'],
    [['-l', '1G'], 'power of two'],
    [['-t', 'tracker.example'], 'It must be a URL'],
    [['-t', 'http://a.example/,http://'], 'It must be a URL'],
    [['-w', 'x'], 'It must be a URL'],
    [['-n', '..'], 'no reader would take it'],
    [['-n', 'a/b'], 'no reader would take it'],
    [['--threads', '0'], 'whole number'],
    [['--stdout', '-o', 'x'], '--stdout goes with neither'],
    [['--stdout', '--json'], '--stdout goes with neither'],
    [['-x', '*'], 'there are no files'],
  ])('refuses %j and writes nothing', async (options, reason) => {
    const { folder, content } = await contentOf({ a: 'a' });
    const output = options.includes('--stdout') ? [] : ['-o', path.join(folder, 'x.torrent')];
    const { exitCode, out, err } = await runMain(['create', content, ...output, ...options]);
    expect({ exitCode, out }).toEqual({ exitCode: 28, out: '' });
    expect(err).toContain(reason);
    expect(await readdir(folder)).toEqual(['content']);
  });

  it('refuses a SOURCE_DATE_EPOCH that is no time, and a terminal as the output', async () => {
    const { content } = await contentOf({ a: 'a' });
    const wrong = await runMain(['create', content, '--stdout'], {
      environment: { SOURCE_DATE_EPOCH: 'today' },
    });
    expect(wrong.exitCode).toBe(28);
    const seen = await runMainForBytes(['create', content, '--stdout'], { isOutputTerminal: true });
    expect(seen).toMatchObject({ exitCode: 28, out: '' });
    expect(seen.outBytes.length).toBe(0);
  });

  it('writes nothing when it is stopped', async () => {
    const { folder, content } = await contentOf({ a: 'a' });
    const signal = AbortSignal.abort(new Interruption('SIGINT'));
    const { exitCode, out } = await runMain(['create', content, '-o', path.join(folder, 'x')], { signal });
    expect({ exitCode, out }).toEqual({ exitCode: 130, out: '' });
    expect(await readdir(folder)).toEqual(['content']);
  });

  it('says what cannot be read', async () => {
    const { folder, content } = await contentOf({ a: 'a' });
    await rm(content, { recursive: true });
    const { exitCode, err } = await runMain(['create', content, '-o', path.join(folder, 'x')]);
    expect(exitCode).toBe(17);
    expect(err).toContain(`Cannot read "${content}": there is no such file or folder`);
    await expect(access(path.join(folder, 'x'))).rejects.toThrow('ENOENT');
  });
});
