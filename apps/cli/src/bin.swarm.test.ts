import { on, once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import {
  type Seeder,
  type SampleTorrent,
  startSeeder,
  startTracker,
  torrentOf,
  type Tracker,
} from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './testing/folder.ts';
import { outcomeOf, runProgram, startProgram } from './testing/run-program.ts';

const PIECE_LENGTH = 16_384;
const LENGTH = 20 * PIECE_LENGTH + 1;

/** Only that the commands find the real layers; what those do in a swarm is tested where they are. */
describe('the built program in a swarm', { timeout: 20_000 }, () => {
  let tracker: Tracker;
  let seeder: Seeder;
  let torrent: SampleTorrent;

  beforeAll(async () => {
    tracker = await startTracker();
    torrent = await torrentOf(LENGTH, { pieceLength: PIECE_LENGTH, tiers: [[tracker.url]] });
    const { metainfo, payload } = torrent;
    seeder = await startSeeder({
      metainfo,
      payload,
      tracker: tracker.url,
      extensions: { metadata: metainfo.infoBytes },
    });
  });
  afterAll(async () => {
    await seeder[Symbol.asyncDispose]();
    await tracker[Symbol.asyncDispose]();
  });

  async function folderWithTorrent(): Promise<string> {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'a.torrent'), torrent.torrentBytes);
    return folder;
  }

  it('downloads, and finds everything there the second time', async () => {
    const folder = await folderWithTorrent();
    const first = await runProgram(['download', 'a.torrent'], '', folder);
    expect(first).toMatchObject({ exitCode: 0, out: 'sample\n' });
    expect(new Uint8Array(await readFile(path.join(folder, 'sample')))).toEqual(torrent.payload);
    const second = await runProgram(['download', 'a.torrent'], '', folder);
    expect(second).toMatchObject({ exitCode: 0, out: 'sample\n' });
    expect(second.err).toContain('all of it was here already');
  });

  it('seeds to another process until a ratio is reached, and says so', async () => {
    const { torrentBytes, payload } = await torrentOf(LENGTH, { pieceLength: PIECE_LENGTH });
    const has = await temporaryFolder();
    await writeFile(path.join(has, 'a.torrent'), torrentBytes);
    await writeFile(path.join(has, 'sample'), payload);
    const port = await freePort();
    const address = ['--bind', '127.0.0.1', '--no-lsd'];
    const argv = ['seed', '--json', '--port', String(port), '--seed-ratio', '1', 'a.torrent', ...address];
    const seeding = outcomeOf(startProgram(argv, has));
    const wants = await temporaryFolder();
    await writeFile(path.join(wants, 'a.torrent'), torrentBytes);
    const peer = ['--peer', `127.0.0.1:${port}`];
    const { exitCode } = await runProgram(['download', 'a.torrent', ...peer, ...address], '', wants);
    expect(exitCode).toBe(0);
    expect(new Uint8Array(await readFile(path.join(wants, 'sample')))).toEqual(payload);
    const seeded = await seeding;
    expect(seeded.exitCode).toBe(0);
    expect(seeded.out).toContain('"event":"done"');
  });

  it('says of several torrents that are seeded what happened to which', async () => {
    const folder = await temporaryFolder();
    const names = ['a', 'b'];
    for (const name of names) {
      await writeFile(path.join(folder, name), name.repeat(LENGTH));
      await runProgram(['create', name, '-q'], '', folder);
    }
    const argv = ['seed', '--json', '--seed-time', '1s', 'a.torrent', 'b.torrent', '--bind', '127.0.0.1'];
    const { exitCode, out } = await runProgram(argv, '', folder);
    expect(exitCode).toBe(0);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    const hashes = events.filter(({ event }) => event === 'completed').map(({ infoHash }) => infoHash);
    expect(new Set(hashes).size).toBe(2);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{40}$/u);
  });

  it('does not seed what is not there', async () => {
    const folder = await folderWithTorrent();
    const outcome = await runProgram(['seed', 'a.torrent', '--no-lsd'], '', folder);
    expect(outcome.exitCode).toBe(7);
    expect(outcome.err).toContain('no piece of the torrent is there');
  });

  it('lists peers, and shakes hands with one', async () => {
    const folder = await folderWithTorrent();
    const { out } = await runProgram(['peers', 'a.torrent'], '', folder);
    const [peer = ''] = out.split('\n');
    expect(peer).toMatch(/^127\.0\.0\.1:\d+$/u);
    const handshake = await runProgram(['handshake', 'a.torrent', peer], '', folder);
    expect(handshake).toEqual({
      exitCode: 0,
      out: expect.stringMatching(/^Peer ID: [0-9a-f]{40}\n$/u),
      err: '',
    });
  });

  it('does with a magnet link what it does with a torrent', async () => {
    const folder = await folderWithTorrent();
    const { out: link } = await runProgram(['magnet', 'a.torrent'], '', folder);
    const magnet = link.trim();
    const parsed = await runProgram(['magnet_parse', magnet], '', folder);
    expect(parsed.out).toMatch(/^Tracker URL: http:\/\/127\.0\.0\.1:\d+\S*\nInfo Hash: [0-9a-f]{40}\n$/u);
    const [ofLink, ofTorrent] = [
      await runProgram(['magnet_info', magnet], '', folder),
      await runProgram(['info', 'a.torrent'], '', folder),
    ];
    expect(ofLink).toMatchObject({ exitCode: 0 });
    expect(ofLink.out.split('Name:')[0]).toBe(ofTorrent.out.split('Name:')[0]);
    const piece = await runProgram(['magnet_download_piece', '-o', 'piece', magnet, '20'], '', folder);
    expect(piece).toMatchObject({ exitCode: 0, out: 'piece\n' });
    expect(new Uint8Array(await readFile(path.join(folder, 'piece')))).toEqual(torrent.payload.slice(-1));
    const whole = await runProgram(['magnet_download', '-o', 'whole', magnet], '', folder);
    expect(whole).toMatchObject({ exitCode: 0, out: 'whole\n' });
    expect(new Uint8Array(await readFile(path.join(folder, 'whole')))).toEqual(torrent.payload);
  });

  it('gives up a hash that no one has after --timeout', async () => {
    const argv = ['download', '0'.repeat(40), '-p', '127.0.0.1:9', '--timeout', '300ms'];
    const { exitCode, out, err } = await runProgram(argv, '', await temporaryFolder());
    expect({ exitCode, out }).toEqual({ exitCode: 3, out: '' });
    expect(err).toMatch(/millrace: Cannot .*metadata.*\n {2}Try again later/u);
  });

  it('downloads one piece', async () => {
    const folder = await folderWithTorrent();
    const result = await runProgram(['download_piece', '-o', 'piece', 'a.torrent', '20'], '', folder);
    expect(result).toEqual({ exitCode: 0, out: 'piece\n', err: '' });
    expect(new Uint8Array(await readFile(path.join(folder, 'piece')))).toEqual(torrent.payload.slice(-1));
  });

  it.skipIf(process.platform === 'win32')(
    'stops on SIGINT, keeps what it has, and goes on from there',
    async () => {
      const folder = await folderWithTorrent();
      const { metainfo, payload } = torrent;
      const alone = await torrentOf(LENGTH, { pieceLength: PIECE_LENGTH, tiers: [] });
      await writeFile(path.join(folder, 'alone.torrent'), alone.torrentBytes);
      await using slow = await startSeeder({ metainfo, payload, bytesPerSecond: 4 * PIECE_LENGTH });
      const peer = `127.0.0.1:${slow.address.port}`;
      const child = startProgram(
        ['download', '--json', '-t', 'http://127.0.0.1:9/', '-p', peer, 'alone.torrent'],
        folder,
      );
      const outcome = outcomeOf(child);
      await untilSaid(child.stdout, '"pieceVerified"');
      child.kill('SIGINT');
      const stopped = await outcome;
      expect(stopped.exitCode).toBe(7);
      expect(stopped.err).toMatch(
        /Stopped at \d+\.\d %[^]*To go on, run this again:\n {2}millrace download --json -t/u,
      );
      expect((await stat(path.join(folder, 'sample.part'))).size).toBeGreaterThan(0);

      const resumed = await runProgram(['download', 'a.torrent'], '', folder);
      expect(resumed).toMatchObject({ exitCode: 0, out: 'sample\n' });
      expect(resumed.err).toMatch(/\d+\.\d % is here already/u);
      expect(new Uint8Array(await readFile(path.join(folder, 'sample')))).toEqual(payload);
      expect(seeder.statistics.blocks).toBeGreaterThan(0);
    },
  );

  it.skipIf(process.platform === 'win32')('stops at once on a second signal', async () => {
    const folder = await folderWithTorrent();
    // It takes announces and never answers one, the last of them included.
    await using silent = createServer((socket) => socket.resume().on('error', () => {})).listen(
      0,
      '127.0.0.1',
    );
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const child = startProgram(['download', '-t', `http://127.0.0.1:${port}/announce`, 'a.torrent'], folder);
    const outcome = outcomeOf(child);
    await once(silent, 'connection');
    child.kill('SIGINT');
    await untilSaid(child.stderr, 'Stopping');
    child.kill('SIGINT');
    expect(await outcome).toMatchObject({ exitCode: 130, out: '' });
  });
});

async function untilSaid(stream: Readable, word: string): Promise<void> {
  for await (const [chunk] of on(stream, 'data')) if (String(chunk).includes(word)) return;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
