import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'vitest';
import { isMillraceBuilt, runMillrace } from './src/millrace.ts';
import { KIB, type PayloadSpec, writePayload } from './src/payload.ts';
import { checkWithAria2, infoHashesOf, readWithLibtorrent } from './src/read-torrent.ts';
import { requirePrograms } from './src/requirements.ts';
import { runProgram } from './src/run-program.ts';
import { infoHashOf, makeTorrent } from './src/torrent-file.ts';

const PIECE = 32 * KIB;
const TRACKER = 'http://127.0.0.1:9/announce';

const FILES: Readonly<Record<string, number>> = {
  'a byte': 1,
  empty: 0,
  'exactly a piece.bin': PIECE,
  'one less.bin': PIECE - 1,
  'one more.bin': PIECE + 1,
  'nested/empty': 0,
  'nested/deeper/and deeper/odd.bin': 3 * PIECE + 33_333,
  'nested/ünïcode — 日本語.txt': 12_345,
  'nested/u\u0308 decomposed': 3,
  '🙂 Ωmega [x] {y} \'z\' "q" & $HOME; *': 777,
  [`long ${'n'.repeat(200)}`]: 5,
};

const PAYLOADS: readonly (readonly [string, PayloadSpec])[] = [
  ['odd names, and lengths at the borders of pieces', { name: 'made — ハッシュ', files: FILES }],
  ['one file', { name: 'one.bin', files: 5 * PIECE + 7 }],
  ['a single byte', { name: 'byte', files: 1 }],
  ['one whole piece', { name: 'piece.bin', files: PIECE }],
];

/** A folder for one test, with a payload in it. */
async function open(
  context: TestContext,
  spec: PayloadSpec,
): Promise<{ folder: string; payload: string; torrent: string }> {
  requirePrograms(context, ['aria2', 'libtorrent']);
  if (!isMillraceBuilt) throw new Error('Cannot test millrace: it is not built');
  const folder = await mkdtemp(join(tmpdir(), 'millrace-interop-'));
  context.onTestFinished(() => rm(folder, { recursive: true }));
  return { folder, payload: await writePayload(folder, spec), torrent: join(folder, 'made.torrent') };
}

describe.concurrent('what millrace creates', () => {
  it.for(PAYLOADS)('is what others take it for: %s', async ([, spec], context) => {
    const { expect } = context;
    const { payload, torrent } = await open(context, spec);
    for (const flags of [[], ['--pad']]) {
      const words = [
        '-t',
        `${TRACKER},${TRACKER}/b`,
        '-t',
        `${TRACKER}/c`,
        '-w',
        'http://127.0.0.1:9/w/',
        '-c',
        'wörds',
      ];
      const argv = [
        'create',
        payload,
        '-o',
        torrent,
        '--force',
        '--json',
        '-p',
        '-l',
        `${PIECE}`,
        ...words,
        ...flags,
      ];
      const { code, out } = await runMillrace(argv);
      expect(code).toBe(0);
      const { infoHash } = JSON.parse(out[0] ?? '');
      const files = typeof spec.files === 'number' ? [] : Object.entries(spec.files);
      const listed = files.map(([path, length]) => [`${spec.name}/${path}`, length]);
      expect(await infoHashesOf(torrent)).toEqual({ aria2: infoHash, transmission: infoHash });
      expect(await readWithLibtorrent(torrent, payload)).toMatchObject({
        infoHash,
        name: spec.name,
        pieceLength: PIECE,
        private: true,
        comment: 'wörds',
        trackers: [
          [0, TRACKER],
          [0, `${TRACKER}/b`],
          [1, `${TRACKER}/c`],
        ],
        webSeeds: ['http://127.0.0.1:9/w/'],
        files: listed.length === 0 ? [[spec.name, spec.files]] : expect.arrayContaining(listed),
        isSeeding: true,
      });
      // aria2 takes padding for files, which are not there.
      if (flags.length === 0) await checkWithAria2(torrent, payload);
    }
  });

  it('has the info hash that mktorrent and transmission-create give the same files', async (context) => {
    const { expect } = context;
    const spec = { name: 'same', files: { a: 3, 'b/c': 2 * PIECE + 5, 'b/d': 7, e: PIECE } };
    const { payload, torrent } = await open(context, spec);
    const argv = ['create', payload, '-l', `${PIECE}`, '-o'];
    await runMillrace([...argv, torrent]);
    await makeTorrent(payload, `${torrent}.1`, {
      maker: 'mktorrent',
      pieceLength: PIECE,
      announceUrl: TRACKER,
    });
    expect(await infoHashOf(`${torrent}.1`)).toBe(await infoHashOf(torrent));
    // transmission-create always says whether a torrent is private, we only if it is.
    await runMillrace([...argv, `${torrent}.2`, '--private']);
    await runProgram('transmission-create', [
      '-p',
      '-s',
      `${PIECE / KIB}`,
      '-t',
      TRACKER,
      '-o',
      `${torrent}.3`,
      payload,
    ]);
    expect(await infoHashOf(`${torrent}.3`)).toBe(await infoHashOf(`${torrent}.2`));
  });
});

describe.concurrent.for(['mktorrent', 'transmission-create'] as const)('a torrent by %s', (maker) => {
  it('is verified: whole, damaged, not all there', async (context) => {
    const { expect } = context;
    const files = { 'a.bin': 3 * PIECE + 1, 'b/ünï.bin': PIECE, 'c.bin': 100 };
    const { payload, torrent } = await open(context, { name: 'verified', files });
    await makeTorrent(payload, torrent, { maker, pieceLength: PIECE, announceUrl: TRACKER });
    expect(await runMillrace(['verify', torrent, payload])).toMatchObject({ code: 0 });
    const damaged = await readFile(join(payload, 'a.bin'));
    damaged[PIECE + 5] = (damaged[PIECE + 5] ?? 0) ^ 1;
    await writeFile(join(payload, 'a.bin'), damaged);
    const bad = await runMillrace(['verify', torrent, payload]);
    expect(bad).toMatchObject({ code: 32 });
    expect(bad.out[0]).toBe(`bad         a.bin: bad ${PIECE}-${2 * PIECE - 1}`);
    await rm(join(payload, 'a.bin'));
    expect(await runMillrace(['verify', torrent, payload])).toMatchObject({ code: 7 });
  });

  it('is edited, and stays the same torrent to all others', async (context) => {
    const { expect } = context;
    const { payload, torrent } = await open(context, { name: 'edited', files: { a: 5, b: 2 * PIECE } });
    await makeTorrent(payload, torrent, { maker, pieceLength: PIECE, announceUrl: TRACKER });
    const before = await infoHashesOf(torrent);
    const changes = ['-t', 'udp://127.0.0.1:9', '-w', 'http://127.0.0.1:9/w/', '-c', 'new wörds'];
    expect(await runMillrace(['edit', torrent, ...changes])).toMatchObject({ code: 0 });
    expect(await infoHashesOf(torrent)).toEqual(before);
    expect(await readWithLibtorrent(torrent, payload)).toMatchObject({
      infoHash: before.transmission,
      comment: 'new wörds',
      trackers: [
        [0, TRACKER],
        [1, 'udp://127.0.0.1:9'],
      ],
      webSeeds: ['http://127.0.0.1:9/w/'],
      isSeeding: true,
    });
    const shown = await runProgram('transmission-show', [torrent]);
    expect(shown).toContain('Comment: new wörds');
    expect(shown).toContain('udp://127.0.0.1:9');
    await appendFile(torrent, '\n'); // as an editor leaves it
    expect(await runMillrace(['edit', torrent, '--no-trackers', '--no-web-seeds'])).toMatchObject({
      code: 0,
    });
    expect(await runMillrace(['info', torrent])).toMatchObject({
      out: expect.arrayContaining(['Tracker URL: none', `Info Hash: ${before.transmission}`]),
    });
  });
});
