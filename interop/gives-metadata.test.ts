import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { freePort } from './src/free-port.ts';
import { startMetadataLeecher } from './src/metadata-leecher.ts';
import { KIB, MIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import { Swarm } from './src/swarm.ts';
import { waitFor } from './src/wait-for.ts';

describe.concurrent('millrace gives metadata', () => {
  it.for(['aria2', 'libtorrent'] as const)(
    'to %s, which has only a magnet link and no other peer',
    async (kind, context) => {
      const { expect } = context;
      requirePrograms(context, [kind, 'libtorrent']);
      await using swarm = await Swarm.open(context, {
        payload: { name: 'given.bin', files: 8 * MIB },
        pieceLength: 16 * KIB,
        maker: 'transmission-create',
      });
      const seeder = await swarm.addSeeder('libtorrent', { uploadLimit: MIB / 2 });
      const folder = join(swarm.folder, 'leecher');
      await mkdir(folder);
      const leecher = await startMetadataLeecher(kind, {
        magnet: swarm.magnet([]),
        folder,
        port: await freePort(),
      });
      swarm.own(leecher.process);
      // A slow seeder, so that there is a while to talk.
      const run = await swarm.download(swarm.torrent, [
        '--peer',
        `127.0.0.1:${leecher.port}`,
        '--peer',
        `127.0.0.1:${seeder.port}`,
      ]);
      await waitFor(
        `${kind} to have the metadata`,
        () => {
          run.process.assertRunning();
          return leecher.hasMetadata();
        },
        { timeoutMs: 14_000 },
      );
      expect(run.events.filter(({ event }) => event === 'peerBanned')).toEqual([]);
    },
  );
});
