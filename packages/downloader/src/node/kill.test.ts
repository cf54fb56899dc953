import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha1 } from '@millrace/metainfo';
import {
  seededRandom,
  startSeeder,
  torrentOf,
  type Random,
  type SampleTorrent,
  type Seeder,
} from '@millrace/testkit';
import { formatPeerAddress } from '@millrace/tracker-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Kills to try, `KILLS=1000` for more; fewer where the machine is slow and nobody asked. */
const KILLS = Number(process.env['KILLS'] ?? 200);
const MAX_MS = process.env['KILLS'] === undefined ? 40_000 : Infinity;
const MIN_KILLS = Math.min(KILLS, 30);
const LANES = 2;
const PIECE_LENGTH = 32_768;
const MEMORY_LENGTH = 262_144;
/** Sent by the seeder, and not read before the end. */
const ON_THE_WAY_LENGTH = 1_048_576;
const child = join(import.meta.dirname, '../testing/mortal-child.ts');

let folder: string;
let torrent: SampleTorrent;
let seeders: Seeder[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
  const lengths = [2_000_000, 10, 0, 40_000, 32_768, 900_000, 70_000, 1_100_000];
  torrent = await torrentOf(
    lengths.map((length, at) => ({ path: `d${at % 3}/f${at}`, length })),
    { pieceLength: PIECE_LENGTH },
  );
  writeFileSync(join(folder, 'sample.torrent'), torrent.torrentBytes);
  const { metainfo, payload } = torrent;
  seeders = await Promise.all(Array.from({ length: LANES }, () => startSeeder({ metainfo, payload })));
});
afterAll(async () => {
  await Promise.all(seeders.map((seeder) => seeder.close()));
  rmSync(folder, { recursive: true, force: true });
});

/** The pieces that are on disk and right, by hashes of our own. */
function piecesOnDisk(out: string): number[] {
  const { metainfo } = torrent;
  const content = Buffer.alloc(metainfo.layout.totalLength);
  const isThere = Buffer.alloc(content.length);
  let offset = 0;
  for (const { path, length } of metainfo.files) {
    for (const name of [join(out, ...path), `${join(out, ...path)}.part`]) {
      if (!existsSync(name)) continue;
      const bytes = readFileSync(name);
      bytes.copy(content, offset);
      isThere.fill(1, offset, offset + Math.min(bytes.length, length));
    }
    offset += length;
  }
  return Array.from({ length: metainfo.layout.pieceCount }, (_, index) => index).filter((index) => {
    const begin = index * PIECE_LENGTH;
    const hash = metainfo.pieceHashes.subarray(index * 20, (index + 1) * 20);
    return (
      !isThere.subarray(begin, begin + PIECE_LENGTH).includes(0) &&
      Buffer.compare(sha1(content.subarray(begin, begin + PIECE_LENGTH)), hash) === 0
    );
  });
}

/** Changes a byte of what is there, as anyone may. */
function damage(out: string, random: Random): void {
  const names = torrent.metainfo.files.flatMap(({ path }) => [
    join(out, ...path),
    `${join(out, ...path)}.part`,
  ]);
  const there = names.filter((name) => existsSync(name) && statSync(name).size > PIECE_LENGTH);
  const name = there[Math.floor(random() * there.length)];
  if (name === undefined) return;
  const bytes = readFileSync(name);
  const at = Math.floor(random() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(name, bytes);
}

interface Life {
  readonly lines: readonly string[];
  readonly isKilled: boolean;
  /** Whether the system died with it, as far as can be played: see the child. */
  readonly lostPower: boolean;
}

/** One half gives files their names early. Of those, what has no right piece is taken for foreign, so nothing is damaged. */
const namesEarly = (lane: number): boolean => lane % 2 === 1;

/** Runs once, to its end or to a random instant. */
async function live(lane: number, out: string, boot: number, random: Random): Promise<Life> {
  const seeder = seeders[lane];
  if (seeder === undefined) throw new Error('no seeder');
  const isCounted = random() < 0.5;
  const deadly = isCounted ? 1 + Math.floor(random() * 400) : 0;
  const losesPower = isCounted && !namesEarly(lane) && process.platform === 'linux' && random() < 0.8;
  const args = [join(folder, 'sample.torrent'), formatPeerAddress(seeder.address), out];
  const running = spawn(
    process.execPath,
    [
      '--conditions=@millrace/source',
      child,
      ...args,
      join(folder, `state${lane}`),
      String(deadly),
      ...(namesEarly(lane) ? ['early'] : []),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: join(folder, 'cache'),
        MORTAL_BOOT: `boot ${boot}`,
        // Where there is time between two saves, there is more that has not been synced.
        MORTAL_INTERVAL: losesPower ? '60' : '10',
        ...(losesPower && { MORTAL_LOSES_POWER: 'yes' }),
      },
    },
  );
  let said = '';
  let timer: NodeJS.Timeout | undefined;
  const delayMs = random() * 250;
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (!isCounted && timer === undefined && said.includes('begun'))
      timer = setTimeout(() => running.kill('SIGKILL'), delayMs);
  });
  await once(running, 'close');
  clearTimeout(timer);
  const isKilled = running.signalCode === 'SIGKILL';
  return { lines: said.trim().split('\n'), isKilled, lostPower: isKilled && losesPower };
}

describe.skipIf(process.platform === 'win32')('download() that is killed at any instant', () => {
  it(
    'finds all that is right and nothing else, fetches nothing twice, and ends with the right bytes',
    { timeout: 600_000 },
    async () => {
      const endMs = performance.now() + MAX_MS;
      const figures = {
        kills: 0,
        powerLosses: 0,
        refused: 0,
        lives: 0,
        downloads: 0,
        damaged: 0,
        pieces: 0,
        piecesNotFound: 0,
        piecesWronglyFound: 0,
      };
      let sentAgain = 0;
      const mayGoOn = (): boolean =>
        figures.kills < MIN_KILLS || (figures.kills < KILLS && performance.now() < endMs);
      const lane = async (number: number): Promise<void> => {
        const random = seededRandom(1 + number);
        const out = join(folder, `out${number}`);
        let before: number[] = [];
        let kills = 0;
        let damaged = 0;
        let boot = 0;
        let powerLosses = 0;
        let sent = seeders[number]?.statistics.bytes ?? 0;
        for (;;) {
          const { lines, isKilled, lostPower } = await live(number, out, boot, random);
          figures.lives += 1;
          const found = lines.find((line) => line.startsWith('found'))?.split(' ')[2];
          if (found !== undefined) {
            const claimed = new Set(found === '' ? [] : found.split(',').map(Number));
            figures.pieces += claimed.size;
            figures.piecesNotFound += before.filter((index) => !claimed.has(index)).length;
            figures.piecesWronglyFound += [...claimed].filter((index) => !before.includes(index)).length;
          }
          if (isKilled) {
            figures.kills += 1;
            kills += 1;
            if (lostPower) {
              figures.powerLosses += 1;
              powerLosses += 1;
              boot += 1;
            }
          } else if (
            powerLosses > 0 &&
            lines.at(-1)?.includes('that is not part of this download') === true
          ) {
            // It had its name, and nothing of what was in it has reached the disk: it could be anybody's.
            figures.refused += 1;
            rmSync(out, { recursive: true });
          } else {
            expect(lines.at(-1)).toBe('done');
            for (const [at, { path }] of torrent.metainfo.files.entries())
              expect(readFileSync(join(out, ...path)).equals(torrent.fileBytes[at] ?? new Uint8Array())).toBe(
                true,
              );
            figures.downloads += 1;
            const now = seeders[number]?.statistics.bytes ?? 0;
            const again = now - sent - torrent.payload.length;
            sentAgain += Math.max(again, 0);
            expect(again).toBeLessThanOrEqual(
              kills * (MEMORY_LENGTH + ON_THE_WAY_LENGTH) +
                damaged * PIECE_LENGTH +
                powerLosses * torrent.payload.length,
            );
            sent = now;
            kills = 0;
            damaged = 0;
            powerLosses = 0;
            if (!mayGoOn()) return;
            // Now and then it starts on what is whole.
            if (random() < 0.8) rmSync(out, { recursive: true });
            if (random() < 0.2) rmSync(join(folder, `state${number}`), { recursive: true, force: true });
          }
          if (!namesEarly(number) && random() < 0.3) {
            damage(out, random);
            damaged += 1;
            figures.damaged += 1;
          }
          before = piecesOnDisk(out);
        }
      };
      await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
      console.info({ ...figures, mebibytesSentAgain: Math.round(sentAgain / 2 ** 20) });
      expect(figures).toMatchObject({ piecesNotFound: 0, piecesWronglyFound: 0 });
      expect(figures.kills).toBeGreaterThanOrEqual(MIN_KILLS);
    },
  );
});
