import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PeerWireError } from '@millrace/peer-wire';
import { startSeeder, startTracker, torrentOf, type Seeder, type Tracker } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient } from './client.ts';
import { download } from './download.ts';

let folder: string;
let tracker: Tracker;
const seeders: Seeder[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  tracker = await startTracker();
});
afterEach(async () => {
  await Promise.all(seeders.splice(0).map((seeder) => seeder.close()));
  await tracker.close();
  rmSync(folder, { recursive: true, force: true });
});

async function sample(name: string) {
  const torrent = await torrentOf([{ path: name, length: 200_000 }], { tiers: [[tracker.url]] });
  const { metainfo, payload } = torrent;
  seeders.push(await startSeeder({ metainfo, payload, tracker: tracker.url }));
  return torrent;
}

/** What the tracker heard of us, and not of seeders. */
function ourPorts(): Set<number | undefined> {
  const ours = tracker.announces.filter(({ peerId }) => Buffer.from(peerId ?? []).includes('-MR'));
  return new Set(ours.map(({ port }) => port));
}

describe('openClient()', () => {
  it('runs several torrents at one port, which trackers are told', async () => {
    const torrents = [await sample('one'), await sample('two')];
    await using client = await openClient({ localAddress: '127.0.0.1' });
    expect(client.port).toBeGreaterThan(0);
    const paths = torrents.map((_, at) => join(folder, String(at)));
    await Promise.all(
      torrents.map(async ({ metainfo }, at) => client.download(metainfo, { path: paths[at] ?? '' }).done),
    );
    for (const [at, { payload, metainfo }] of torrents.entries())
      expect(readFileSync(join(paths[at] ?? '', metainfo.files[0]?.path[0] ?? '')).equals(payload)).toBe(
        true,
      );
    expect(ourPorts()).toEqual(new Set([client.port]));
  });

  it('refuses one torrent twice', async () => {
    const { metainfo } = await sample('one');
    await using client = await openClient({ localAddress: '127.0.0.1' });
    const first = client.download(metainfo, { path: join(folder, 'a') });
    expect(() => client.download(metainfo, { path: join(folder, 'b') })).toThrow(RangeError);
    await first.done;
  });

  it('says that the port is taken', async () => {
    await using client = await openClient({ localAddress: '127.0.0.1' });
    const second = openClient({ localAddress: '127.0.0.1', port: client.port ?? 0 });
    const error: unknown = await second.catch((reason: unknown) => reason);
    expect(PeerWireError.is(error) && error.code).toBe('NOT_LISTENING');
  });

  it('ends what is still running when it is closed', async () => {
    const { metainfo } = await torrentOf([{ path: 'none', length: 20_000 }], { tiers: [[tracker.url]] });
    const client = await openClient({ localAddress: '127.0.0.1' });
    const { done } = client.download(metainfo, { path: join(folder, 'none') });
    await Promise.all([client.close(), expect(done).rejects.toThrow('aborted')]);
    await expect(fetch(`http://127.0.0.1:${client.port}`)).rejects.toThrow('fetch failed');
  });
});

describe('download()', () => {
  it('fails, and leaves nothing, when its port is taken', async () => {
    const { metainfo } = await sample('one');
    await using client = await openClient({ localAddress: '127.0.0.1' });
    const options = { path: join(folder, 'one'), localAddress: '127.0.0.1', port: client.port ?? 0 };
    const error: unknown = await download(metainfo, options).done.catch((reason: unknown) => reason);
    expect(PeerWireError.is(error) && error.code).toBe('NOT_LISTENING');
    expect(tracker.announces.filter(({ port }) => port === client.port)).toEqual([]);
  });

  it('is not called when it does not listen, and still downloads', async () => {
    const { metainfo, payload } = await sample('one');
    const path = join(folder, 'one');
    await download(metainfo, { path, listen: false }).done;
    expect(readFileSync(join(path, 'one')).equals(payload)).toBe(true);
    expect(ourPorts()).toEqual(new Set([1]));
  });
});
