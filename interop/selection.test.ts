import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'vitest';
import { runMillrace } from './src/millrace.ts';
import { KIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import { Swarm } from './src/swarm.ts';

const DONE = { code: 0, signal: null };
const SHARING = {
  payload: {
    name: 'chosen',
    files: { 'film.mkv': 300_001, 'film sample.mkv': 70_003, 'notes.txt': 12_345, 'extra/last.mkv': 99_999 },
  },
  // Every file shares a piece with its neighbours.
  pieceLength: 64 * KIB,
};

describe.concurrent('millrace downloads some of a torrent’s files', () => {
  it('makes nothing of the others, and fetches only what is missing when more are chosen', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, SHARING);
    await swarm.addSeeder('libtorrent');
    const link = swarm.magnet([['tr', swarm.tracker.announceUrl]]);

    const first = await swarm.download(link, ['--select', '*.mkv', '--exclude', '*sample*']);
    expect(await first.finished()).toEqual(DONE);
    expect(await filesBelow(swarm.target)).toEqual(['extra/last.mkv', 'film.mkv']);
    expect(await readFile(join(swarm.target, 'film.mkv'))).toEqual(
      await readFile(join(swarm.payload, 'film.mkv')),
    );

    const second = await swarm.download(link);
    expect(await second.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
    const done = second.events.find(({ event }) => event === 'done');
    expect(Number(done?.['downloadedBytes'])).toBeLessThan(200_000);
  });

  it('and lists them', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, SHARING);
    const { port } = await swarm.addSeeder('libtorrent');
    const link = swarm.magnet([['x.pe', `127.0.0.1:${port}`]]);
    const { code, out } = await runMillrace(['download', '--list', link]);
    expect(code).toBe(0);
    expect(out).toHaveLength(4);
    for (const line of out) expect(line).toMatch(/^ *[1-4] +\d+ +\S/u);
    expect(await readdir(dirname(swarm.target)).catch(() => [])).toEqual([]);
  });
});

/** Paths of the files that are not hidden. */
async function filesBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.startsWith('.'))
    .toSorted();
}
