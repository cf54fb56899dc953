import { describe, it } from 'vitest';
import { client } from './src/client.ts';
import { KIB, MIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import { Swarm } from './src/swarm.ts';

describe(`${client.name} and its tracker`, () => {
  it('says that it has completed, once, and that it leaves', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, {
      payload: { name: 'announced.bin', files: MIB },
      pieceLength: 64 * KIB,
    });
    await swarm.addSeeder('libtorrent');
    const before = await swarm.tracker.count();
    const run = await swarm.download();
    expect(await run.finished()).toEqual({ code: 0, signal: null });
    // aria2, where it stands in, says only that it leaves.
    const completions = client.name === 'millrace' ? 1 : 0;
    expect(await swarm.tracker.count()).toEqual({ ...before, downloaded: before.downloaded + completions });
  });
});
