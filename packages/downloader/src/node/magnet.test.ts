import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { formatMagnet, parseMagnet } from '@millrace/metainfo';
import { startSeeder, startTracker, torrentOf, type Seeder, type Tracker } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadEvent } from '../events.ts';
import { downloadPiece } from './download-piece.ts';
import { download } from './download.ts';
import { fetchMetainfo } from './fetch-metainfo.ts';
import { probePeer } from './probe-peer.ts';

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

/** A seeder that gives metadata, and a link to it. */
async function sample(options: { isPrivate?: boolean } = {}) {
  const files = [
    { path: 'a/one', length: 300_000 },
    { path: 'b', length: 1_000 },
  ];
  const torrent = await torrentOf(files, { pieceLength: 32_768, tiers: [[tracker.url]], ...options });
  const { metainfo, payload } = torrent;
  const extensions = { metadata: metainfo.infoBytes, tells: [] };
  const seeder = await startSeeder({ metainfo, payload, tracker: tracker.url, fast: {}, extensions });
  seeders.push(seeder);
  const link = formatMagnet({ infoHash: metainfo.infoHash, trackers: [tracker.url] });
  return { ...torrent, seeder, magnet: parseMagnet(link) };
}

/** What the tracker heard of us, and not of the seeder. */
function ourAnnounces() {
  return tracker.announces.filter(({ peerId }) => Buffer.from(peerId ?? []).includes('-MR'));
}

describe('download() of a magnet link', () => {
  it('gets the metadata, then the files, and tells the tracker of it as of one download', async () => {
    const { metainfo, magnet, fileBytes } = await sample();
    const before = process.getActiveResourcesInfo();
    const events: DownloadEvent[] = [];
    const running = download(magnet, {
      path: ({ name }) => join(folder, name),
      onEvent: (event) => events.push(event),
    });
    expect(running.statistics()).toMatchObject({ phase: 'metadata', bytesTotal: 0, pieceCount: 0 });
    expect(running.pieceStates()).toHaveLength(0);
    const summary = await running.done;
    expect(summary.path).toBe(join(folder, metainfo.name));
    expect(summary.bytes).toBe(301_000);
    for (const [at, file] of summary.files.entries())
      expect(readFileSync(file).equals(fileBytes[at] ?? new Uint8Array())).toBe(true);
    const types = events.map(({ type }) => type);
    expect(types.indexOf('metadata')).toBeLessThan(types.indexOf('checked'));
    const told = events.find((event) => event.type === 'metadata');
    expect(told?.metainfo.infoBytes).toEqual(metainfo.infoBytes);
    expect(running.statistics()).toMatchObject({ phase: 'complete', bytesHave: 301_000 });
    expect(
      ourAnnounces()
        .map(({ event }) => event)
        .filter(Boolean),
    ).toEqual(['started', 'completed', 'stopped']);
    expect(ourAnnounces()[0]?.left).toBeGreaterThan(0);
    // A server that is closed is listed until the end of the turn.
    await setImmediate();
    await setImmediate();
    const after = process.getActiveResourcesInfo();
    for (const name of before) if (after.includes(name)) after.splice(after.indexOf(name), 1);
    expect(after.filter((name) => name !== 'CloseReq')).toEqual([]);
  });

  it('selects files when their names are known', async () => {
    const { magnet } = await sample();
    const path = join(folder, 'some');
    const running = download(magnet, {
      path,
      files: ({ files }) => files.filter((file) => file.path.at(-1) === 'b').map(({ index }) => index),
    });
    const { files } = await running.done;
    expect(files).toEqual([join(path, 'b')]);
    expect(readdirSync(path)).not.toContain('a');
  });

  it('rejects when what is selected is not there, after everything is let go of', async () => {
    const { magnet } = await sample();
    const running = download(magnet, { path: join(folder, 'some'), files: [9] });
    await expect(running.done).rejects.toThrow(RangeError);
    expect(running.statistics().phase).toBe('stopped');
    expect(ourAnnounces().at(-1)?.event).toBe('stopped');
  });

  it('stops when its signal aborts, with its reason', async () => {
    const { metainfo } = await sample();
    const stop = new AbortController();
    const source = { infoHash: metainfo.infoHash, peers: [{ host: '127.0.0.1', port: 9 }] };
    const running = download(source, { path: join(folder, 'some'), signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(running.done).rejects.toThrow('enough');
  });

  it('tells peers of a private torrent of no others', async () => {
    const { metainfo, magnet, seeder } = await sample({ isPrivate: true });
    await download(metainfo, { path: join(folder, 'one') }).done;
    const spoken = (at: number): unknown[] => {
      const m = seeder.statistics.extendedHandshakes[at]?.get('m');
      return m instanceof Map ? [...m.keys()] : [];
    };
    expect(spoken(0)).not.toContain('ut_pex');
    await download(magnet, { path: join(folder, 'two') }).done;
    // It is not known to be private before there is metadata.
    expect(spoken(1)).toContain('ut_pex');
    expect(spoken(2)).not.toContain('ut_pex');
  });
});

describe('fetchMetainfo()', () => {
  it('answers with the metainfo, and says goodbye to the tracker', async () => {
    const { metainfo, magnet } = await sample();
    const fetched = await fetchMetainfo(magnet);
    expect(fetched.infoBytes).toEqual(metainfo.infoBytes);
    expect(fetched.files.map(({ path }) => path)).toEqual(metainfo.files.map(({ path }) => path));
    expect(ourAnnounces().map(({ event }) => event)).toEqual(['started', 'stopped']);
  });

  it('gives up in time when no one has it', async () => {
    const { metainfo } = await sample();
    const source = { infoHash: metainfo.infoHash, peers: [{ host: '127.0.0.1', port: 9 }] };
    await expect(fetchMetainfo(source, { metadataTimeoutMs: 200 })).rejects.toMatchObject({
      detail: { code: 'NO_METADATA', waitedMs: 200, peersKnown: 1, peersReached: 0 },
    });
  });

  it('refuses a link that names no one to ask', async () => {
    const { metainfo } = await sample();
    await expect(fetchMetainfo({ infoHash: metainfo.infoHash })).rejects.toMatchObject({
      code: 'NO_SOURCES',
    });
  });
});

describe('downloadPiece() of a magnet link', () => {
  it('fetches one piece, or says that there is none', async () => {
    const { magnet, payload } = await sample();
    expect(await downloadPiece(magnet, 9)).toEqual(payload.slice(9 * 32_768));
    await expect(downloadPiece(magnet, 10)).rejects.toThrow(RangeError);
  });
});

describe('probePeer()', () => {
  it('answers with what the first peer says, and offers the extension protocol only', async () => {
    const { magnet, seeder } = await sample();
    const { peer, handshake, extended } = await probePeer(magnet);
    expect(peer).toBe(`127.0.0.1:${seeder.address.port}`);
    expect(handshake.peerId).toEqual(seeder.peerId);
    expect(extended?.extensions.get('ut_metadata')).toBe(3);
    expect(seeder.statistics.remoteReserved).toEqual([Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 0)]);
    expect(ourAnnounces().map(({ event }) => event)).toEqual(['started', 'stopped']);
  });

  it('answers for a peer that does not speak the extension protocol', async () => {
    const { metainfo, payload } = await torrentOf(1_000);
    const seeder = await startSeeder({ metainfo, payload });
    seeders.push(seeder);
    const answer = await probePeer({ infoHash: metainfo.infoHash, peers: [seeder.address] });
    expect(answer.extended).toBeUndefined();
    expect(answer.handshake.peerId).toEqual(seeder.peerId);
  });
});
