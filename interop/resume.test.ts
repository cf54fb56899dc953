import { describe, it } from 'vitest';
import { client } from './src/client.ts';
import { KIB, MIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import { Swarm } from './src/swarm.ts';

const LENGTH = 16 * MIB;

const PAYLOADS = [
  ['one file', { name: 'resumed.bin', files: LENGTH }],
  [
    'many files',
    { name: 'resumed', files: { 'a.bin': 5 * MIB + 1, 'b/c.bin': 6 * MIB - 1, 'b/d.bin': 5 * MIB } },
  ],
] as const;

describe.concurrent(`${client.name} is killed on the way and started again`, () => {
  it.for(PAYLOADS)('%s', async ([, payload], context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, { payload, pieceLength: 64 * KIB });
    const seeder = await swarm.addSeeder('libtorrent', { uploadLimit: 5 * MIB });
    const first = await swarm.download();
    await swarm.untilSent(seeder, LENGTH / 2, first);
    await first.process.kill();
    expect(await swarm.compare()).not.toEqual([]);

    const second = await swarm.download();
    expect(await second.finished()).toEqual({ code: 0, signal: null });
    expect(await swarm.compare()).toEqual([]);
    // What was on its way, and pieces that were not whole yet.
    const fetchedAgain = (await seeder.uploadedBytes()) - LENGTH;
    expect(fetchedAgain).toBeLessThan(3 * MIB);

    // What is whole is known: nothing is hashed, nor fetched, unless it is asked for.
    for (const [flags, bytesChecked] of [
      [[], 0],
      [['--recheck'], LENGTH],
    ] as const) {
      const next = await swarm.download(undefined, flags);
      expect(await next.finished()).toEqual({ code: 0, signal: null });
      expect(next.events.find(({ event }) => event === 'checked')).toMatchObject({
        bytesLeft: 0,
        bytesChecked,
      });
    }
    expect(await swarm.compare()).toEqual([]);
    expect((await seeder.uploadedBytes()) - LENGTH).toBe(fetchedAgain);
  });
});
