import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@millrace/interop/free-port';
import { startLibtorrentSeeder, SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { runProgram } from '@millrace/interop/run-program';
import type { Seeder } from '@millrace/interop/seeder';
import { waitFor } from '@millrace/interop/wait-for';
import type { Contestant } from './contestant.ts';
import { startStaticTracker } from './static-tracker.ts';
import { startBareLoop } from './swarm/bare-loop.ts';
import { divide, writeFiles } from './swarm/payload.ts';
import type { Scenario } from './swarm/scenario.ts';

const MAKE_TORRENT = join(import.meta.dirname, 'make_torrent.py');

/** Everything the contestants share: the payload and its torrent in memory, the seeders, the tracker, the bare sender. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  /** A file or a folder. */
  readonly payload: string;
  readonly torrent: string;
  readonly seeders: readonly Seeder[];
  readonly bareLoop: Contestant;
}

export async function openStage({ size, pieceLength, files, seeders }: Scenario): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = await mkdtemp(join(parent, 'millrace-bench-swarm-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  stack.defer(() => {
    process.off('exit', remove);
    remove();
  });

  const payload = join(folder, files === 1 ? 'payload.bin' : 'payload');
  const parts = divide(size, files);
  writeFiles(payload, parts);
  const manifest = join(folder, 'manifest.json');
  await writeFile(manifest, JSON.stringify(parts));
  const tracker = stack.use(await startStaticTracker());
  const torrent = join(folder, 'payload.torrent');
  await runProgram(SYSTEM_PYTHON, [MAKE_TORRENT, payload, `${pieceLength}`, tracker.announceUrl, torrent]);

  const crowd: Seeder[] = [];
  while (crowd.length < seeders) {
    const seeder = await startSeeder(folder, torrent);
    stack.use(seeder.process);
    crowd.push(seeder);
  }
  tracker.peerPorts = crowd.map(({ port }) => port);
  const bareLoop = stack.use(await startBareLoop({ payload, manifest, pieceLength }));
  const owned = stack.move();
  return {
    folder,
    payload,
    torrent,
    seeders: crowd,
    bareLoop: bareLoop.contestant,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startSeeder(folder: string, torrent: string): Promise<Seeder> {
  const port = await freePort();
  const options = { name: 'seeder', torrent, dataFolder: folder, stateFolder: folder, port };
  const seeder = await startLibtorrentSeeder(options);
  const isSeeding = () => {
    seeder.process.assertRunning();
    return seeder.process.log.includes('"state": "seeding"');
  };
  await waitFor('the seeder to check its payload', isSeeding, { timeoutMs: 120_000 });
  return seeder;
}
