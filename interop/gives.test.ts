import { join } from 'node:path';
import { describe, it } from 'vitest';
import type { ClientRun } from './src/client.ts';
import { freePort } from './src/free-port.ts';
import { KIB, MIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import type { SeederKind } from './src/seeder.ts';
import { Swarm, type SwarmOptions, type SwarmSeeder } from './src/swarm.ts';
import { waitFor } from './src/wait-for.ts';

const ALL: readonly SeederKind[] = ['aria2', 'libtorrent', 'transmission'];
const ONE_FILE: SwarmOptions = {
  payload: { name: 'given.bin', files: 6 * MIB + 777 },
  pieceLength: 64 * KIB,
};
const FOLDER: SwarmOptions = {
  payload: { name: 'given', files: { 'a/one.bin': 5 * MIB + 1, 'two.bin': 300 * KIB, 'b/c/three': 1 } },
  pieceLength: 32 * KIB,
};
/** transmission decides every ten seconds, and so do we. */
const PATIENCE = { timeoutMs: 45_000, everyMs: 200 };

/** Waits until another client has every byte, and each is right. */
async function untilWhole(swarm: Swarm, leecher: SwarmSeeder): Promise<void> {
  await waitFor(
    `${leecher.process.name} to have everything`,
    async () => {
      leecher.process.assertRunning();
      const differences = await swarm.compare(leecher.data);
      return differences.every((line) => line.includes('not expected'));
    },
    PATIENCE,
  );
}

/** Waits until a client of ours has everything. */
async function untilCompleted(run: ClientRun): Promise<void> {
  const isCompleted = (): boolean => run.events.some(({ event }) => event === 'completed');
  await waitFor('millrace to have everything', isCompleted, PATIENCE);
}

function givenBy(run: ClientRun): number {
  const last = run.events.findLast(({ event }) => event === 'progress');
  return Number(last?.['uploadedBytes'] ?? 0);
}

describe.concurrent('millrace gives', () => {
  describe.for(ALL)('to %s, and to no one else,', (kind) => {
    it.for([
      ['one file', ONE_FILE],
      ['a folder', FOLDER],
    ] as const)('%s', async ([, options], context) => {
      requirePrograms(context, [kind]);
      await using swarm = await Swarm.open(context, options);
      const { expect } = context;
      // Whoever comes later hears of the other and calls it. aria2 and transmission do not call this machine.
      if (kind === 'libtorrent') await swarm.seed();
      const leecher = await swarm.addLeecher(kind);
      if (kind !== 'libtorrent') await swarm.seed();
      await expect(untilWhole(swarm, leecher)).resolves.toBeUndefined();
    });
  });

  it('to all three at once, while it takes', async (context) => {
    const { expect } = context;
    requirePrograms(context, ALL);
    await using swarm = await Swarm.open(context, ONE_FILE);
    await swarm.seed(['--limit-up', '2M']);
    const leechers: SwarmSeeder[] = [];
    for (const kind of ALL) leechers.push(await swarm.addLeecher(kind));
    const both = await swarm.download(swarm.torrent, ['--seed-ratio', '0']);
    for (const leecher of leechers) await untilWhole(swarm, leecher);
    await untilCompleted(both);
    expect(await swarm.compare()).toEqual([]);
    both.process.signal('SIGINT');
    expect(await both.finished()).toEqual({ code: 0, signal: null });
  });

  it('each piece about once, by super-seeding, to three who pass it on', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const run = await swarm.seed(['--super-seed', '--limit-up', '2M']);
    const leechers: SwarmSeeder[] = [];
    for (let count = 0; count < 3; count += 1) leechers.push(await swarm.addLeecher('libtorrent'));
    for (const leecher of leechers) await untilWhole(swarm, leecher);
    // Progress is told once a second; what was under way counts, too.
    const tellings = (): number => run.events.filter(({ event }) => event === 'progress').length;
    const before = tellings();
    await waitFor('two more words on progress', () => tellings() >= before + 2, PATIENCE);
    expect(givenBy(run)).toBeGreaterThanOrEqual(6 * MIB);
    expect(givenBy(run)).toBeLessThan(1.35 * 6 * MIB);
  });

  it('in a swarm of five of ours and five others, from one that has it', async (context) => {
    const { expect } = context;
    requirePrograms(context, ALL);
    await using swarm = await Swarm.open(context, {
      ...ONE_FILE,
      payload: { name: 'shared.bin', files: 8 * MIB + 5 },
    });
    await swarm.seed(['--limit-up', '3M']);
    const targets = Array.from({ length: 5 }, (_, at) => join(swarm.folder, `ours-${at}`, 'shared.bin'));
    const ours: ClientRun[] = [];
    for (const target of targets)
      ours.push(await swarm.download(swarm.torrent, ['--seed-ratio', '0'], target));
    const others: SwarmSeeder[] = [];
    for (const kind of ['aria2', 'libtorrent', 'transmission', 'aria2', 'libtorrent'] as const)
      others.push(await swarm.addLeecher(kind));
    for (const run of ours) await untilCompleted(run);
    for (const other of others) await untilWhole(swarm, other);
    for (const target of targets) expect(await swarm.compare(target)).toEqual([]);
    const given = ours.reduce((sum, run) => sum + givenBy(run), 0);
    expect(given).toBeGreaterThan(MIB);
    expect(ours.flatMap(({ events }) => events).filter(({ event }) => event === 'pieceRejected')).toEqual([]);
  });

  it('and takes behind no open port: from one that it calls, to another that it calls', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const leecher = await swarm.addLeecher('libtorrent');
    const seeder = await swarm.addSeeder('libtorrent', { port: await freePort() });
    const hidden = await swarm.download(swarm.torrent, [
      '--no-listen',
      '--seed-ratio',
      '0',
      '--peer',
      `127.0.0.1:${seeder.port}`,
      '--peer',
      `127.0.0.1:${leecher.port}`,
    ]);
    await untilCompleted(hidden);
    await untilWhole(swarm, leecher);
    expect(await swarm.compare()).toEqual([]);
    expect(
      hidden.events.some(({ event, origin }) => event === 'peerConnected' && origin === 'incoming'),
    ).toBe(false);
  });

  it('until a ratio is reached, and until a time is over', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const byTime = await swarm.seed(['--seed-time', '1s']);
    expect(await byTime.finished(15_000)).toEqual({ code: 0, signal: null });
    const byRatio = await swarm.seed(['--seed-ratio', '1']);
    const leecher = await swarm.addLeecher('libtorrent');
    await untilWhole(swarm, leecher);
    expect(await byRatio.finished(15_000)).toEqual({ code: 0, signal: null });
    await waitFor('the tracker to hear that it left', async () => (await swarm.tracker.count()).total <= 1);
  });
});
