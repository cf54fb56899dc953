import type { Seeder } from './peer/start-seeder.ts';
import { startSeeder } from './peer/start-seeder.ts';
import { torrentOf, type SampleTorrent } from './torrent.ts';
import { startTracker } from './tracker/start-tracker.ts';

export interface DemoSwarm extends AsyncDisposable {
  readonly torrent: SampleTorrent;
  readonly seeders: readonly Seeder[];
}

const MIB = 1024 * 1024;
/** Slow enough for the progress to be seen, fast enough not to bore: about four seconds for everything. */
const BYTES_PER_SECOND = 5 * MIB;
const README = `If you can read this, millrace works: this folder came from two seeders through a tracker.
All three ran on your own machine, inside the process that started the download.
`;

/** Starts a tracker and two seeders on loopback, with a torrent of several files to give. Use with `await using`. */
export async function startDemoSwarm(): Promise<DemoSwarm> {
  await using resources = new AsyncDisposableStack();
  const tracker = resources.use(await startTracker());
  const torrent = await torrentOf(
    [
      { path: 'READ ME.txt', bytes: new TextEncoder().encode(README) },
      { path: 'photos/mill.raw', length: 24 * MIB + 345 },
      { path: 'photos/race.raw', length: 12 * MIB + 67 },
      { path: 'sounds/water.raw', length: 4 * MIB },
      { path: 'sounds/silence.raw', length: 0 },
    ],
    { name: 'millrace-sample', pieceLength: MIB / 4, tiers: [[tracker.url]] },
  );
  const { metainfo, payload } = torrent;
  const seeders: Seeder[] = [];
  for (let count = 0; count < 2; count += 1) {
    const options = { metainfo, payload, tracker: tracker.url, bytesPerSecond: BYTES_PER_SECOND };
    seeders.push(resources.use(await startSeeder(options)));
  }
  const owned = resources.move();
  return { torrent, seeders, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
