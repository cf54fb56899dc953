import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@millrace/interop/free-port';
import { startLibtorrentSeeder, SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { randomBytes } from '@millrace/interop/payload';
import { runProgram } from '@millrace/interop/run-program';
import type { Seeder } from '@millrace/interop/seeder';
import { waitFor } from '@millrace/interop/wait-for';
import { startStaticTracker } from './static-tracker.ts';

const MAKE_TORRENT = join(import.meta.dirname, 'make_torrent.py');
const BARE_SENDER = join(import.meta.dirname, 'bare-sender.ts');

export interface StageOptions {
  readonly size: number;
  readonly pieceLength: number;
}

/** Everything the contestants share: the payload and its torrent in memory, the seeder, the tracker, the bare sender. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly payload: string;
  readonly torrent: string;
  readonly seeder: Seeder;
  readonly senderPort: number;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const folder = await mkdtemp(join(parent, 'millrace-bench-swarm-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  stack.defer(() => {
    process.off('exit', remove);
    remove();
  });

  const payload = join(folder, 'payload.bin');
  await writeFileOf(payload, options.size);
  const tracker = stack.use(await startStaticTracker());
  const torrent = join(folder, 'payload.torrent');
  const { announceUrl } = tracker;
  await runProgram(SYSTEM_PYTHON, [MAKE_TORRENT, payload, `${options.pieceLength}`, announceUrl, torrent]);

  const seeder = await startSeeder(folder, torrent);
  stack.use(seeder.process);
  tracker.peerPort = seeder.port;
  const { sender, senderPort } = await startSender(payload);
  stack.use(sender);
  const owned = stack.move();
  return {
    folder,
    payload,
    torrent,
    seeder,
    senderPort,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function writeFileOf(path: string, size: number): Promise<void> {
  await using file = await open(path, 'w');
  for (const chunk of randomBytes('bench', size)) await file.write(chunk);
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

async function startSender(payload: string): Promise<{ sender: ManagedProcess; senderPort: number }> {
  let senderPort = 0;
  const sender = await ManagedProcess.start('bare sender', process.execPath, [BARE_SENDER, payload], {
    onLine: (line) => {
      senderPort = Number(/"port":(\d+)/u.exec(line)?.[1]);
    },
  });
  await waitFor('the bare sender to listen', () => senderPort > 0);
  return { sender, senderPort };
}
