import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSeeder, startTracker, torrentOf, type Seeder, type Tracker } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../events.ts';
import { downloadPiece } from './download-piece.ts';
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

async function sample(length: number, options: { bytesPerSecond?: number } = {}) {
  const files = [
    { path: 'a/one', length: length - 1_001 },
    { path: 'empty', length: 0 },
    { path: 'b', length: 1_000 },
    { path: 'c', length: 1 },
  ];
  const torrent = await torrentOf(files, { pieceLength: 32_768, tiers: [[tracker.url]] });
  const { metainfo, payload } = torrent;
  const seeder = await startSeeder({ metainfo, payload, tracker: tracker.url, ...options });
  seeders.push(seeder);
  return { ...torrent, seeder };
}

/** What keeps this process busy now and did not before: sockets, timers, threads. */
function leftOpen(before: readonly string[]): string[] {
  const after = process.getActiveResourcesInfo();
  for (const name of before) if (after.includes(name)) after.splice(after.indexOf(name), 1);
  return after;
}

describe('download()', () => {
  it('finds peers by the tracker, writes every file, tells the tracker of start and end, and leaves nothing open', async () => {
    const { metainfo, fileBytes } = await sample(3_000_000);
    const before = process.getActiveResourcesInfo();
    const events: DownloadEvent[] = [];
    const path = join(folder, 'deep', 'down');
    const running = download(metainfo, { path, onEvent: (event) => events.push(event) });
    const summary = await running.done;
    expect(summary).toMatchObject({ path, bytes: 3_000_000, downloadedBytes: 3_000_000, wastedBytes: 0 });
    expect(summary.files).toEqual(['a/one', 'empty', 'b', 'c'].map((name) => join(path, name)));
    for (const [at, file] of summary.files.entries())
      expect(readFileSync(file).equals(fileBytes[at] ?? new Uint8Array())).toBe(true);
    expect(readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
      'a',
      'a/one',
      'b',
      'c',
      'empty',
    ]);
    expect(running.pieceStates().every((state) => state === 2)).toBe(true);
    expect(events.filter(({ type }) => type === 'fileCompleted')).toHaveLength(3);
    const ours = tracker.announces.filter(({ left }) => left !== undefined).map(({ event }) => event);
    expect(ours.slice(-3)).toEqual(['started', 'completed', 'stopped']);
    await delay(50);
    expect(leftOpen(before)).toEqual([]);
  });

  it('stops at once when its signal aborts, and goes on from there', async () => {
    const { metainfo, fileBytes } = await sample(3_000_000, { bytesPerSecond: 3_000_000 });
    const path = join(folder, 'content');
    const stopping = new AbortController();
    let verified = 0;
    const onEvent = ({ type }: DownloadEvent): void => {
      if (type === 'pieceVerified') verified += 1;
      if (verified === 20) stopping.abort(new Error('enough'));
    };
    await expect(download(metainfo, { path, onEvent, signal: stopping.signal }).done).rejects.toThrow(
      'enough',
    );
    const again = await download(metainfo, { path }).done;
    expect(readFileSync(join(path, 'a/one')).equals(fileBytes[0] ?? new Uint8Array())).toBe(true);
    // Never more than what was not verified. One of the twenty may be the last piece, which is shorter.
    expect(again.downloadedBytes).toBeLessThanOrEqual(3_000_000 - 19 * 32_768);
    const nothing = await download(metainfo, { path }).done;
    expect([nothing.bytes, nothing.downloadedBytes]).toEqual([3_000_000, 0]);
  });

  it('stops when it is disposed of', async () => {
    const { metainfo } = await sample(3_000_000, { bytesPerSecond: 100_000 });
    const before = performance.now();
    {
      await using running = download(metainfo, { path: join(folder, 'content') });
      expect(running.statistics().phase).toBe('checking');
      running.done.catch(() => {});
    }
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('uses peers that are given where there is no tracker', async () => {
    const { metainfo, seeder } = await sample(100_000);
    const summary = await download(metainfo, {
      path: join(folder, 'x'),
      trackers: [],
      peers: [seeder.address],
    }).done;
    expect(summary.bytes).toBe(100_000);
  });

  it('fetches only the pieces it is told to', async () => {
    const { metainfo, seeder } = await sample(1_000_000);
    await download(metainfo, { path: join(folder, 'x'), onlyPieces: [3, 7] }).done;
    expect(seeder.statistics.bytes).toBe(2 * 32_768);
    expect(readdirSync(join(folder, 'x'), { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
      'a',
      'a/one.part',
      'empty',
    ]);
  });

  it('says when no one can be asked, and refuses limits that make no sense', async () => {
    const { metainfo } = await sample(100_000);
    const path = join(folder, 'x');
    await expect(download(metainfo, { path, trackers: [] }).done).rejects.toMatchObject({
      code: 'NO_SOURCES',
    });
    expect(() => download(metainfo, { path, maxPeers: 0 })).toThrow(RangeError);
  });
});

describe('downloadPiece()', () => {
  it('fetches one piece into memory', async () => {
    const { metainfo, payload, seeder } = await sample(1_000_000);
    const piece = await downloadPiece(metainfo, 30);
    expect(Buffer.from(piece).equals(payload.subarray(30 * 32_768))).toBe(true);
    expect(seeder.statistics.bytes).toBe(1_000_000 - 30 * 32_768);
  });

  it('refuses a piece that does not exist', async () => {
    const { metainfo } = await sample(100_000);
    await expect(downloadPiece(metainfo, 4)).rejects.toThrow(RangeError);
  });
});
