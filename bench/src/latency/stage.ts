import { existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLibtorrentSeeder, SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { writePayload } from '@millrace/interop/payload';
import { runProgram } from '@millrace/interop/run-program';
import { waitFor } from '@millrace/interop/wait-for';
import type { Contestant } from '../contestant.ts';
import { FAR_HOST, NEAR_HOST, openLink, type Link, type LinkModel } from './link.ts';

const MAKE_TORRENT = join(import.meta.dirname, '../make_torrent.py');
const TRACKER = join(import.meta.dirname, 'tracker-process.ts');
const SENDER = join(import.meta.dirname, 'plain-sender-process.ts');
const RECEIVER = join(import.meta.dirname, 'plain-receiver-process.ts');
// The namespaces are new: whatever port one wants is free.
const TRACKER_PORT = 6969;
const SEEDER_PORT = 6881;
const SENDER_PORT = 6880;

export interface StageOptions {
  readonly size: number;
  readonly pieceLength: number;
  readonly link: LinkModel;
}

/** A yardstick, not a rival: no protocol, so nothing but TCP to fill the link with. */
export const PLAIN_TCP: Contestant = {
  name: 'plain TCP',
  isAvailable: true,
  command: ({ target }) => Promise.resolve([process.execPath, RECEIVER, FAR_HOST, `${SENDER_PORT}`, target]),
};

/** A seeder and a plain sender at the far end of a link; at the near end, a tracker that knows it, and room for a contestant. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly payload: string;
  readonly torrent: string;
  readonly link: Link;
}

export async function openStage({ size, pieceLength, link: model }: StageOptions): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'millrace-bench-latency-'),
  );
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  stack.defer(() => {
    process.off('exit', remove);
    remove();
  });

  const link = stack.use(await openLink(model));
  const payload = await writePayload(folder, { name: 'payload.bin', files: size });
  const torrent = join(folder, 'payload.torrent');
  // Not 127.0.0.1: libtorrent does not look for that from another address.
  const announceUrl = `http://${NEAR_HOST}:${TRACKER_PORT}/announce`;
  await runProgram(SYSTEM_PYTHON, [MAKE_TORRENT, payload, `${pieceLength}`, announceUrl, torrent]);
  const trackerArgs = [NEAR_HOST, `${TRACKER_PORT}`, FAR_HOST, `${SEEDER_PORT}`];
  stack.use(await startNode('tracker', link.near, [TRACKER, ...trackerArgs]));
  stack.use(await startNode('plain sender', link.far, [SENDER, FAR_HOST, `${SENDER_PORT}`, payload]));
  stack.use(await startSeeder(link, folder, torrent));
  const owned = stack.move();
  return { folder, payload, torrent, link, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function startNode(name: string, launcher: readonly string[], script: readonly string[]) {
  const [program = '', ...args] = [...launcher, process.execPath, ...script];
  const started = await ManagedProcess.start(name, program, args);
  await waitFor(`the ${name} to listen`, () => {
    started.assertRunning();
    return started.log.includes('ready');
  });
  return started;
}

async function startSeeder(link: Link, folder: string, torrent: string): Promise<ManagedProcess> {
  const seeder = await startLibtorrentSeeder({
    name: 'seeder',
    torrent,
    dataFolder: folder,
    stateFolder: folder,
    host: FAR_HOST,
    port: SEEDER_PORT,
    launcher: link.far,
  });
  const isSeeding = () => {
    seeder.process.assertRunning();
    return seeder.process.log.includes('"state": "seeding"');
  };
  await waitFor('the seeder to check its payload', isSeeding, { timeoutMs: 120_000 });
  return seeder.process;
}
