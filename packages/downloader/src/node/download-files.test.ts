import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatInfoHash } from '@millrace/metainfo';
import { startSeeder, startTracker, torrentOf, type SampleTorrent, type Seeder } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../events.ts';
import { download } from './download.ts';
import type { Download, DownloadOptions } from './start-download.ts';

const PIECE_LENGTH = 16_384;
/** `b` and `c` lie in the second of four pieces, with the ends of `a` and `d`. */
const FILES = [
  { path: 'x/a', length: PIECE_LENGTH + 1_000 },
  { path: 'y/b', length: 300 },
  { path: 'y/c', length: 300 },
  { path: 'none', length: 0 },
  { path: 'd', length: 2 * PIECE_LENGTH },
];
const TOTAL_LENGTH = FILES.reduce((sum, { length }) => sum + length, 0);

let folder: string;
let torrent: SampleTorrent;
let seeder: Seeder;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  torrent = await torrentOf(FILES, { pieceLength: PIECE_LENGTH });
  seeder = await startSeeder(torrent);
});
afterEach(async () => {
  await seeder.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(options: Partial<DownloadOptions>): Download {
  const path = join(folder, 'out');
  return download(torrent.metainfo, { path, peers: [seeder.address], trackers: [], ...options });
}

/** Everything on disk, without the folders. */
function names(): string[] {
  const entries = readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(folder, 'out/').length))
    .toSorted();
}

describe('download() of some files', () => {
  it('fetches their pieces only, and counts nothing else', async () => {
    const events: DownloadEvent[] = [];
    const running = start({ files: [2, 0, 2], onEvent: (event) => events.push(event) });
    const summary = await running.done;
    const wantedLength = 2 * PIECE_LENGTH;
    expect(summary).toMatchObject({ bytes: wantedLength, downloadedBytes: wantedLength });
    expect(summary.files).toEqual(['x/a', 'y/c'].map((name) => join(folder, 'out', name)));
    expect(running.statistics()).toMatchObject({
      bytesTotal: wantedLength,
      bytesMissing: TOTAL_LENGTH - wantedLength,
      pieceCount: 2,
    });
    expect([...running.pieceStates()]).toEqual([2, 2, 3, 3]);
    const completed = events.flatMap((event) => (event.type === 'fileCompleted' ? [event.index] : []));
    expect(new Set(completed)).toEqual(new Set([0, 2]));
    expect(seeder.statistics.bytes).toBe(wantedLength);
    const hash = formatInfoHash(torrent.metainfo.infoHash);
    expect(names()).toEqual([`.${hash}.parts/1`, 'x/a', 'y/c']);
  });

  it('fetches only what is missing when more are selected, and leaves no trace when all are there', async () => {
    await start({ files: [1] }).done;
    expect((await start({ files: [1] }).done).downloadedBytes).toBe(0);
    expect((await start({ files: [0, 1] }).done).downloadedBytes).toBe(PIECE_LENGTH);
    const summary = await start({}).done;
    expect([summary.bytes, seeder.statistics.bytes]).toEqual([TOTAL_LENGTH, TOTAL_LENGTH]);
    expect(names()).toEqual(['d', 'none', 'x/a', 'y/b', 'y/c']);
    for (const [at, { path }] of FILES.entries())
      expect(readFileSync(join(folder, 'out', path)).equals(torrent.fileBytes[at] ?? new Uint8Array())).toBe(
        true,
      );
  });

  it('tells the tracker what is left of everything, and does not pass for a seeder', async () => {
    // It alone names the peer: all would be there before it heard of us.
    await using tracker = await startTracker({ peers: [seeder.address] });
    await start({ files: [0], peers: [], trackers: [[tracker.url]] }).done;
    const ours = tracker.announces.map(({ event, left }) => [event, left]);
    expect(ours).toEqual([
      ['started', TOTAL_LENGTH],
      ['stopped', TOTAL_LENGTH - 2 * PIECE_LENGTH],
    ]);
  });

  it('needs no one for files that are empty', async () => {
    const summary = await start({ files: [3], peers: [] }).done;
    expect([summary.bytes, names()]).toEqual([0, ['none']]);
  });

  it('fetches of the selected files the pieces that are named, too', async () => {
    await start({ files: [4], onlyPieces: [0, 2] }).done;
    expect(seeder.statistics.bytes).toBe(PIECE_LENGTH);
    expect(names()).toEqual(['d.part']);
  });

  it('takes the one file of a torrent of one as all of it', async () => {
    torrent = await torrentOf(20_000, { pieceLength: PIECE_LENGTH });
    await seeder.close();
    seeder = await startSeeder(torrent);
    await start({ files: [0] }).done;
    expect(readFileSync(join(folder, 'out')).equals(torrent.payload)).toBe(true);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it.each([[[]], [[5]], [[-1]], [[0.5]], [[0, Number.NaN]]])('refuses %j at once', (files) => {
    expect(() => start({ files })).toThrow(RangeError);
    expect(readdirSync(folder)).toEqual([]);
  });
});
