import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { freePort } from './src/free-port.ts';
import { writeLargeTorrent } from './src/large-torrent.ts';
import { runMillrace } from './src/millrace.ts';
import { KIB, MIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import type { SeederKind } from './src/seeder.ts';
import { startSeeder } from './src/start-seeder.ts';
import { Swarm } from './src/swarm.ts';
import { waitFor } from './src/wait-for.ts';

const DONE = { code: 0, signal: null };
const SEEDERS: readonly SeederKind[] = ['aria2', 'libtorrent', 'transmission'];
const FILES = {
  payload: { name: 'two files', files: { 'a.bin': MIB + 1, 'b/c.bin': 70_000 } },
  pieceLength: 64 * KIB,
};
const MANY_PIECES = 100_000;
/** transmission takes about 70 s to send two megabytes. */
const LARGE_MS = 130_000;

describe.concurrent.for(SEEDERS)('millrace downloads a magnet link from %s', (kind) => {
  it('that its tracker knows', async (context) => {
    const { expect } = context;
    requirePrograms(context, [kind]);
    await using swarm = await Swarm.open(context, FILES);
    await swarm.addSeeder(kind);
    const run = await swarm.download(swarm.magnet([['tr', swarm.tracker.announceUrl]]));
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
    // Whether it came in one piece of 16 KiB or in many, the metadata came before anything else.
    expect(run.events.filter(({ event }) => event === 'metadata')).toHaveLength(1);
  });

  it('that the link itself names', async (context) => {
    const { expect } = context;
    requirePrograms(context, [kind]);
    await using swarm = await Swarm.open(context, FILES);
    const { port } = await swarm.addSeeder(kind);
    const run = await swarm.download(swarm.magnet([['x.pe', `127.0.0.1:${port}`]]));
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
  });

  it('that the command line names, for a bare info hash', async (context) => {
    const { expect } = context;
    requirePrograms(context, [kind]);
    await using swarm = await Swarm.open(context, FILES);
    const { port } = await swarm.addSeeder(kind);
    const run = await swarm.download(swarm.infoHash, ['--peer', `127.0.0.1:${port}`]);
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
  });

  it(
    `and gets the metadata of ${MANY_PIECES} pieces, two megabytes of it`,
    { timeout: LARGE_MS + 20_000 },
    async (context) => {
      const { expect } = context;
      requirePrograms(context, [kind]);
      const folder = await mkdtemp(join(tmpdir(), 'millrace-interop-'));
      await using stack = new AsyncDisposableStack();
      stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
      const torrent = join(folder, 'large.torrent');
      const { infoHash } = await writeLargeTorrent(torrent, MANY_PIECES);
      const dataFolder = join(folder, 'data');
      await mkdir(dataFolder);
      const port = await freePort();
      const seeder = await startSeeder(kind, {
        name: kind,
        torrent,
        dataFolder,
        stateFolder: join(folder, 'state'),
        port,
      });
      stack.use(seeder.process);
      context.onTestFailed(() => console.error(seeder.process.log));
      await waitFor(`${kind} to listen`, async () => {
        seeder.process.assertRunning();
        return isListening(port);
      });
      // It has none of the pieces; the one thing it can give is what it was started with.
      const link = `magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${port}`;
      const answer = await runMillrace(['magnet_info', '--timeout', '120s', link], LARGE_MS);
      expect(answer.code).toBe(0);
      expect(answer.out.slice(1, 5)).toEqual([
        `Length: ${MANY_PIECES * 16_384}`,
        `Info Hash: ${infoHash}`,
        'Piece Length: 16384',
        'Piece Hashes:',
      ]);
      expect(answer.out.filter((line) => /^[0-9a-f]{40}$/u.test(line))).toHaveLength(MANY_PIECES);
    },
  );
});

async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
