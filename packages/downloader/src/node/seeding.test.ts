import {
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTracker, torrentOf, type SampleTorrent, type Tracker } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import { openClient, type Client } from './client.ts';

const FILES = [
  { path: 'a/one', length: 300_000 },
  { path: 'b', length: 1_000 },
  { path: 'c', length: 40_000 },
];
let folder: string;
let tracker: Tracker;
let torrent: SampleTorrent;
const clients: Client[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  tracker = await startTracker();
  torrent = await torrentOf(FILES, { pieceLength: 32_768, tiers: [[tracker.url]] });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((opened) => opened.close()));
  await tracker.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the content to a folder of this name. */
function content(name: string): string {
  const root = join(folder, name);
  mkdirSync(join(root, 'a'), { recursive: true });
  for (const [index, { path }] of FILES.entries())
    writeFileSync(join(root, path), torrent.fileBytes[index] ?? '');
  return root;
}

async function client(): Promise<Client> {
  const opened = await openClient({ localAddress: '127.0.0.1' });
  clients.push(opened);
  return opened;
}

function expectWhole(root: string): void {
  for (const [index, { path }] of FILES.entries())
    expect(readFileSync(join(root, path)).equals(torrent.fileBytes[index] ?? new Uint8Array(0))).toBe(true);
}

describe('Client.seed()', () => {
  it('gives to a client that downloads, tells the tracker what it gave, and leaves cleanly', async () => {
    const seeder = await client();
    const seeding = seeder.seed(torrent.metainfo, { path: content('has') });
    const gone = seeding.done.catch((error: unknown) => error);
    const leecher = await client();
    const { done } = leecher.download(torrent.metainfo, { path: join(folder, 'wants') });
    await done;
    expectWhole(join(folder, 'wants'));
    expect(seeding.statistics()).toMatchObject({ phase: 'seeding', uploadedBytes: 341_000 });
    await seeder.close();
    expect(await gone).toMatchObject({ name: 'AbortError' });
    const last = tracker.announces.findLast(({ port }) => port === seeder.port);
    expect(last).toMatchObject({ event: 'stopped', uploaded: 341_000, left: 0 });
  });

  it('goes on giving after a download, until a ratio is reached', async () => {
    const seeder = await client();
    void seeder.seed(torrent.metainfo, { path: content('has') }).done.catch(() => {});
    const first = await client();
    const both = first.download(torrent.metainfo, { path: join(folder, 'first'), seeding: { ratio: 1 } });
    await expect.poll(() => both.statistics().phase, { timeout: 10_000 }).toBe('seeding');
    const second = await client();
    const options = { path: join(folder, 'second'), peers: at(first), trackers: [] };
    await second.download(torrent.metainfo, options).done;
    expect((await both.done).uploadedBytes).toBeGreaterThanOrEqual(341_000);
    expectWhole(join(folder, 'first'));
    expectWhole(join(folder, 'second'));
  });

  it.each([
    ['cut', (path: string) => truncateSync(path, 100)],
    ['overwritten', (path: string) => writeFileSync(path, new Uint8Array(300_000).fill(1))],
    ['deleted', (path: string) => unlinkSync(path)],
  ])('gives nothing of a file that is %s meanwhile', async (_, damage) => {
    const seeder = await client();
    const root = content('has');
    const events: DownloadEvent[] = [];
    const checked = Promise.withResolvers<void>();
    const seeding = seeder.seed(torrent.metainfo, {
      path: root,
      onEvent(event) {
        events.push(event);
        if (event.type === 'completed') checked.resolve();
      },
    });
    seeding.done.catch(() => {});
    await checked.promise;
    damage(join(root, 'a/one'));
    const leecher = await client();
    const stop = new AbortController();
    const got: DownloadEvent[] = [];
    const { done } = leecher.download(torrent.metainfo, {
      path: join(folder, 'wants'),
      signal: stop.signal,
      onEvent(event) {
        got.push(event);
        // `b` lies with the end of `one`; `c` has a piece of its own.
        if (got.filter(({ type }) => type === 'pieceVerified').length === 1)
          setTimeout(() => stop.abort(new Error('enough')), 300);
      },
    });
    await expect(done).rejects.toThrow('enough');
    expect(got.filter(({ type }) => type === 'pieceRejected')).toEqual([]);
    expect(got.filter(({ type }) => type === 'pieceVerified')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'pieceLost').length).toBeGreaterThan(0);
  });

  it('gives what is there of a torrent, writes nothing, and fetches nothing', async () => {
    const root = content('has');
    truncateSync(join(root, 'a/one'), 100_000);
    const seeder = await client();
    const seeding = seeder.seed(torrent.metainfo, { path: root });
    seeding.done.catch(() => {});
    const leecher = await client();
    const running = leecher.download(torrent.metainfo, { path: join(folder, 'wants') });
    running.done.catch(() => {});
    await expect.poll(() => running.statistics().piecesHave, { timeout: 10_000 }).toBe(4);
    expect(seeding.statistics().piecesHave).toBe(4);
    expect(readFileSync(join(root, 'a/one'))).toHaveLength(100_000);
  });

  it('refuses to seed what is not there', async () => {
    const seeder = await client();
    const { done } = seeder.seed(torrent.metainfo, { path: join(folder, 'nothing') });
    const error: unknown = await done.catch((reason: unknown) => reason);
    expect(DownloadError.is(error) && error.code).toBe('NOTHING_TO_SEED');
  });

  it('keeps to its limit, which can be changed', async () => {
    const seeder = await client();
    const seeding = seeder.seed(torrent.metainfo, { path: content('has'), uploadLimit: 20_000 });
    seeding.done.catch(() => {});
    const leecher = await client();
    const { done } = leecher.download(torrent.metainfo, { path: join(folder, 'wants') });
    await expect.poll(() => seeding.statistics().uploadedBytes, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(seeding.statistics().uploadedBytes).toBeLessThan(200_000);
    seeding.setLimits({ uploadLimit: Infinity });
    await done;
    expectWhole(join(folder, 'wants'));
  });
});

function at({ port }: Client) {
  return [{ host: '127.0.0.1', port: port ?? 0 }];
}
