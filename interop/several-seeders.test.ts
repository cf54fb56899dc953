import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { client } from './src/client.ts';
import { corrupt, dropPieces } from './src/damage.ts';
import { KIB, MIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import { Swarm } from './src/swarm.ts';

const DONE = { code: 0, signal: null };
const PIECE_LENGTH = 64 * KIB;
const BLOCK_LENGTH = 16 * KIB;
const ONE_FILE = { payload: { name: 'shared.bin', files: 8 * MIB + 333 }, pieceLength: PIECE_LENGTH };

describe.concurrent(`${client.name} downloads from several seeders`, () => {
  it('of three kinds at once', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['aria2', 'libtorrent', 'transmission']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    await Promise.all([
      swarm.addSeeder('aria2'),
      swarm.addSeeder('libtorrent'),
      swarm.addSeeder('transmission'),
    ]);
    const run = await swarm.download();
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
  });

  it('that hold every other piece each', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const even = await swarm.addSeeder('libtorrent', {
      prepare: (data) => dropPieces(data, PIECE_LENGTH, (index) => index % 2 === 0),
    });
    const odd = await swarm.addSeeder('libtorrent', {
      prepare: (data) => dropPieces(data, PIECE_LENGTH, (index) => index % 2 === 1),
    });
    const run = await swarm.download();
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
    expect(await even.uploadedBytes()).toBeGreaterThanOrEqual(4 * MIB);
    expect(await odd.uploadedBytes()).toBeGreaterThanOrEqual(4 * MIB);
  });

  it('that hold one of two files each', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['aria2', 'transmission']);
    // The first file ends where a piece does, so that each seeder has whole pieces.
    await using swarm = await Swarm.open(context, {
      payload: { name: 'two files', files: { '1.bin': 4 * MIB, '2.bin': 2 * MIB + 1 } },
      pieceLength: PIECE_LENGTH,
    });
    await swarm.addSeeder('aria2', {
      prepare: (data) => rm(join(data, '2.bin')),
      selection: { wanted: [0], unwanted: [1] },
    });
    await swarm.addSeeder('transmission', {
      prepare: (data) => rm(join(data, '1.bin')),
      selection: { wanted: [1], unwanted: [0] },
    });
    const run = await swarm.download();
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
  });

  it.for(['aria2', 'libtorrent'] as const)('of which one, %s, dies on the way', async (kind, context) => {
    const { expect } = context;
    requirePrograms(context, [kind, 'libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const dying = await swarm.addSeeder(kind, { uploadLimit: 2 * MIB });
    await swarm.addSeeder('libtorrent', { uploadLimit: 2 * MIB });
    const run = await swarm.download();
    await swarm.untilSent(dying, MIB, run);
    await dying.process.kill();
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
  });

  it('of which the only one dies on the way and comes back', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const dying = await swarm.addSeeder('libtorrent', { uploadLimit: 4 * MIB });
    const run = await swarm.download();
    await swarm.untilSent(dying, 2 * MIB, run);
    await dying.process.kill();
    await swarm.addSeeder('libtorrent', { port: dying.port });
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
  });

  it.for(['aria2', 'libtorrent'] as const)('of which one, %s, sends wrong bytes', async (kind, context) => {
    const { expect } = context;
    requirePrograms(context, [kind, 'libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const bad = await swarm.addSeeder(kind);
    // After it has checked its file: it must believe in what it sends.
    await corrupt(bad.data, PIECE_LENGTH);
    await swarm.addSeeder('libtorrent', { uploadLimit: 4 * MIB });
    await swarm.addSeeder('libtorrent', { uploadLimit: 4 * MIB });
    const run = await swarm.download();
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
    expect(await bad.uploadedBytes()).toBeGreaterThan(0);
    // The stand-in tells nothing.
    if (client.name === 'millrace') {
      const peer = `127.0.0.1:${bad.port}`;
      expect(run.events).toContainEqual(expect.objectContaining({ event: 'pieceRejected' }));
      expect(run.events.filter(({ event }) => event === 'peerBanned')).toEqual([
        expect.objectContaining({ peer }),
      ]);
    }
  });

  it('of which one sends wrong blocks of pieces that all of them give together', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['aria2', 'libtorrent']);
    // Two pieces, four seeders: whoever comes third has to help with one of the others'.
    await using swarm = await Swarm.open(context, {
      payload: { name: 'shared.bin', files: 8 * MIB },
      pieceLength: 4 * MIB,
    });
    const bad = await swarm.addSeeder('libtorrent', { uploadLimit: 2 * MIB });
    await corrupt(bad.data, BLOCK_LENGTH);
    await Promise.all([
      swarm.addSeeder('libtorrent', { uploadLimit: 2 * MIB }),
      swarm.addSeeder('libtorrent', { uploadLimit: 2 * MIB }),
      swarm.addSeeder('aria2', { uploadLimit: 2 * MIB }),
    ]);
    const run = await swarm.download();
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
    if (client.name !== 'millrace') return;
    const rejected = run.events.filter(({ event }) => event === 'pieceRejected');
    expect(rejected.length).toBeGreaterThan(0);
    expect(rejected.length).toBeLessThanOrEqual(4);
    expect(run.events.filter(({ event }) => event === 'peerBanned')).toEqual([
      expect.objectContaining({ peer: `127.0.0.1:${bad.port}` }),
    ]);
  });
});
