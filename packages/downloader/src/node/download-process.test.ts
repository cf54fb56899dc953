import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom, startSeeder, torrentOf, type SampleTorrent, type Seeder } from '@millrace/testkit';
import { formatPeerAddress } from '@millrace/tracker-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const child = join(import.meta.dirname, '../testing/download-child.ts');

let folder: string;
let seeder: Seeder;
let children: ChildProcess[];
beforeEach(() => {
  children = [];
  folder = mkdtempSync(join(tmpdir(), 'millrace-'));
});
afterEach(async () => {
  await seeder.close();
  rmSync(folder, { recursive: true, force: true });
});

async function seed(files: { path: string; length: number }[], bytesPerSecond?: number) {
  const torrent = await torrentOf(files, { pieceLength: 32_768 });
  const { metainfo, payload } = torrent;
  seeder = await startSeeder({ metainfo, payload, ...(bytesPerSecond && { bytesPerSecond }) });
  writeFileSync(join(folder, 'sample.torrent'), torrent.torrentBytes);
  return torrent;
}

/** Downloads in a process of its own, which is killed after a time if one is given. Answers with what it said. */
async function run(
  options: { killAfterMs?: number; maxFiles?: number; files?: readonly number[] } = {},
): Promise<string> {
  const { killAfterMs, maxFiles, files = [] } = options;
  const args = [join(folder, 'sample.torrent'), formatPeerAddress(seeder.address), join(folder, 'out')];
  args.push(...files.map(String));
  const node = [process.execPath, '--unhandled-rejections=strict', '--conditions=@millrace/source', child];
  const limit = maxFiles === undefined ? '' : `ulimit -n ${maxFiles}; `;
  const running = spawn('sh', ['-c', `${limit}exec "$@"`, 'sh', ...node, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(running);
  let said = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const closed = once(running, 'close');
  if (killAfterMs !== undefined) {
    await Promise.race([closed, delay(killAfterMs)]);
    running.kill('SIGKILL');
  }
  await closed;
  return said.trim();
}

function expectWhole({ metainfo, fileBytes }: SampleTorrent): void {
  for (const [at, { path }] of metainfo.files.entries()) {
    const found = readFileSync(join(folder, 'out', ...path));
    expect({ path, isRight: found.equals(fileBytes[at] ?? new Uint8Array()) }).toEqual({
      path,
      isRight: true,
    });
  }
}

describe.skipIf(process.platform === 'win32')('download() in a process of its own', () => {
  it('ends with the right bytes, however often it was killed', { timeout: 60_000 }, async () => {
    const lengths = [1_500_000, 1, 0, 40_000, 32_768, 700_000, 3, 900_000];
    const torrent = await seed(
      lengths.map((length, at) => ({ path: `d${at % 3}/f${at}`, length })),
      2_000_000,
    );
    const random = seededRandom(5);
    for (let kills = 0; kills < 6; kills += 1) await run({ killAfterMs: 200 + 600 * random() });
    expect(await run()).toBe(`done ${torrent.payload.length}`);
    expectWhole(torrent);
    // What was written before a kill is not fetched again.
    expect(seeder.statistics.bytes).toBeLessThan(2 * torrent.payload.length);
  });

  it('loses nothing when killed and asked for other files each time', { timeout: 60_000 }, async () => {
    const lengths = [900_000, 10, 700_000, 20_000, 0, 300_000, 5, 600_000];
    const torrent = await seed(
      lengths.map((length, at) => ({ path: `d${at}/f${at}`, length })),
      3_000_000,
    );
    const random = seededRandom(8);
    for (const files of [[0, 3], [2], [5, 1], [0, 6]])
      await run({ killAfterMs: 300 + 300 * random(), files });
    const folders = new Set([0, 3, 2, 5, 1, 6].map((at) => `d${at}`));
    // Where all is slow, nothing may have been written yet.
    for (const name of existsSync(join(folder, 'out')) ? readdirSync(join(folder, 'out')) : [])
      if (!name.endsWith('.parts')) expect(folders).toContain(name);
    expect(await run()).toBe(`done ${torrent.payload.length}`);
    expectWhole(torrent);
    expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(lengths.map((_, at) => `d${at}`));
    expect(seeder.statistics.bytes).toBeLessThan(1.5 * torrent.payload.length);
  });

  it(
    'refuses to be at one download twice, and is free again when the first is killed',
    { timeout: 60_000 },
    async () => {
      const torrent = await seed([{ path: 'd/f', length: 2_000_000 }], 100_000);
      const first = run({ killAfterMs: 60_000 });
      while (seeder.statistics.bytes === 0) await delay(20);
      expect(await run()).toBe('failed LOCKED');
      const [holder] = children;
      holder?.kill('SIGKILL');
      await first;
      await seeder.close();
      const { metainfo, payload } = torrent;
      seeder = await startSeeder({ metainfo, payload });
      expect(await run()).toBe(`done ${payload.length}`);
    },
  );

  it('gets by with few open files', { timeout: 60_000 }, async () => {
    const files = Array.from({ length: 400 }, (_, at) => ({
      path: `d${at % 20}/f${at}`,
      length: 5_000 + at,
    }));
    const torrent = await seed(files);
    expect(await run({ maxFiles: 64 })).toBe(`done ${torrent.payload.length}`);
    expectWhole(torrent);
  });
});
