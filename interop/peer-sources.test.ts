import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { client } from './src/client.ts';
import { freePort } from './src/free-port.ts';
import { startLibtorrentSeeder } from './src/libtorrent-seeder.ts';
import { runMillrace } from './src/millrace.ts';
import { KIB, MIB } from './src/payload.ts';
import { requirePrograms } from './src/requirements.ts';
import { Swarm } from './src/swarm.ts';

const DONE = { code: 0, signal: null };
const ONE_FILE = { payload: { name: 'found.bin', files: 2 * MIB + 7 }, pieceLength: 64 * KIB };
/** libtorrent tells of its friends at first, and again after a minute. */
const PEX_MS = 80_000;

describe.concurrent('millrace finds peers', () => {
  it('through a UDP tracker, which hears when it begins, completes and leaves', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    await swarm.addSeeder('libtorrent');
    const before = await swarm.tracker.count();
    const run = await swarm.download(swarm.magnet([['tr', swarm.tracker.udpUrl]]));
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
    expect(await swarm.tracker.count()).toEqual({ ...before, downloaded: before.downloaded + 1 });
  });

  it('in the second tier when the first is dead', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    await swarm.addSeeder('libtorrent');
    const dead = `http://127.0.0.1:${await freePort()}`;
    const link = swarm.magnet([
      ['tr', `${dead}/announce`],
      ['tr', swarm.tracker.announceUrl],
    ]);
    const run = await swarm.download(link);
    expect(await run.finished()).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
    expect(run.events).toContainEqual(expect.objectContaining({ event: 'announceFailed', tracker: dead }));
  });

  it('with every tracker asked at once, though the first never answers', async (context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    await swarm.addSeeder('libtorrent');
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    context.onTestFinished(() => {
      silent.close();
    });
    await once(silent, 'listening');
    const link = swarm.magnet([
      ['tr', `udp://127.0.0.1:${silent.address().port}/announce`],
      ['tr', swarm.tracker.announceUrl],
    ]);
    const run = await swarm.download(link, ['--announce-to-all']);
    // It does not wait for the silent one to end, either: that one never heard of it.
    expect(await run.finished(12_000)).toEqual(DONE);
    expect(await swarm.compare()).toEqual([]);
  });

  it(
    'through another peer alone (peer exchange)',
    async (context) => {
      const { expect } = context;
      requirePrograms(context, ['libtorrent']);
      await using swarm = await Swarm.open(context, ONE_FILE);
      const seeder = await swarm.addSeeder('libtorrent');
      const dataFolder = join(swarm.folder, 'friend');
      await mkdir(dataFolder);
      const friend = await startLibtorrentSeeder({
        name: 'friend without data',
        torrent: swarm.torrent,
        dataFolder,
        stateFolder: dataFolder,
        port: await freePort(),
        friendPort: seeder.port,
      });
      swarm.own(friend.process);
      // Could others call, the friend would tell the seeder of us, and that would be first.
      const link = swarm.magnet([['x.pe', `127.0.0.1:${friend.port}`]]);
      const run = await swarm.download(link, ['--no-listen']);
      expect(await run.finished(PEX_MS)).toEqual(DONE);
      expect(await swarm.compare()).toEqual([]);
      const met = run.events.filter(({ event }) => event === 'peerConnected').map(({ peer }) => peer);
      expect(met).toContain(`127.0.0.1:${seeder.port}`);
    },
    PEX_MS + 20_000,
  );

  it.for(['http', 'udp'] as const)('and counts them by scraping over %s', async (kind, context) => {
    const { expect } = context;
    requirePrograms(context, ['libtorrent']);
    await using swarm = await Swarm.open(context, ONE_FILE);
    await swarm.addSeeder('libtorrent');
    const tracker = kind === 'http' ? swarm.tracker.announceUrl : swarm.tracker.udpUrl;
    const { code, out } = await runMillrace(['scrape', '--json', swarm.magnet([['tr', tracker]])]);
    expect(code).toBe(0);
    expect(out.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({
        // Its path may have a secret in it.
        trackers: [
          expect.objectContaining({
            tracker: tracker.replace('/announce', ''),
            seeders: 1,
            leechers: 0,
            downloads: 0,
          }),
        ],
      }),
    ]);
  });

  it('of a torrent that no one has: not at all, and says so in time', async (context) => {
    const { expect } = context;
    requirePrograms(context, []);
    await using swarm = await Swarm.open(context, ONE_FILE);
    const link = swarm.magnet([['tr', swarm.tracker.announceUrl]]);
    const started = performance.now();
    const { code, log } = await runMillrace(['download', '--timeout', '3s', '-o', swarm.target, link]);
    expect(code).toBe(3);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(log).toMatch(/Cannot .*(?:metadata|peer)/u);
    // The tracker is told that it left.
    expect(await swarm.tracker.count()).toEqual({ complete: 0, total: 0, downloaded: 0 });
  });
});

describe(`${client.name} and what it leaves`, () => {
  it('nothing on disk for a torrent that was never found', async (context) => {
    const { expect } = context;
    requirePrograms(context, []);
    await using swarm = await Swarm.open(context, ONE_FILE);
    await runMillrace(['download', '--timeout', '1s', '-o', swarm.target, swarm.magnet([])]);
    expect(await swarm.compare()).toEqual([': missing']);
  });
});
