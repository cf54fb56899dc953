import { existsSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareTrees } from '@millrace/interop/compare-trees';
import { freePort } from '@millrace/interop/free-port';
import { SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { runProgram } from '@millrace/interop/run-program';
import { waitFor } from '@millrace/interop/wait-for';
import { measure, type Measurement } from './measure.ts';
import { ONE_FILE_OPTIONS, type OneFile, oneFileOf, writeOneFile } from './one-file.ts';
import { saveResult } from './save-result.ts';
import { formatMebibytes } from './size.ts';
import { spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';

/** Who takes: one libtorrent that writes what it gets, or many scripted peers that share it and keep nothing. */
type Takers = 'one libtorrent' | '50 peers';

interface Place {
  readonly folder: string;
  readonly torrent: string;
  readonly size: number;
}

const MILLRACE = join(import.meta.dirname, '../../apps/cli/dist/bin.js');
const SEED_UNTIL = join(import.meta.dirname, 'seed/seed_until.py');
const LEECHER = join(import.meta.dirname, 'leecher.py');
const TAKERS = join(import.meta.dirname, 'seed/takers-process.ts');
const MANY = 50;

/** The commands that seed from a folder at a port until everything was given once, and then end. Neither hashes. */
const SEEDERS: readonly (readonly [string, (place: Place, port: number) => readonly string[]])[] = [
  [
    'millrace',
    ({ folder, torrent }, port) => [
      process.execPath,
      MILLRACE,
      'seed',
      '--quiet',
      '--bind',
      '127.0.0.1',
      '--port',
      `${port}`,
      '--path',
      folder,
      '--state',
      join(folder, 'state of a run'),
      '--seed-ratio',
      '1',
      '--upload-slots',
      `${MANY}`,
      '--max-peers',
      `${MANY + 10}`,
      torrent,
    ],
  ],
  [
    'libtorrent',
    ({ folder, torrent, size }, port) => [SYSTEM_PYTHON, SEED_UNTIL, torrent, folder, `${port}`, `${size}`],
  ],
];

/** Seeds one file once, to one leecher and to many, and prints what that costs the seeder. */
export async function seed(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: ONE_FILE_OPTIONS });
  const options = oneFileOf(values);
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'millrace-bench-seed-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  stack.defer(() => {
    process.off('exit', remove);
    remove();
  });
  const place = await prepare(folder, options);
  const results: { takers: Takers; seeder: string; runs: Measurement[] }[] = [];
  for (const takers of ['one libtorrent', '50 peers'] as const) {
    const own = SEEDERS.map(([seeder]) => ({ takers, seeder, runs: [] as Measurement[] }));
    results.push(...own);
    for (let round = 0; round < options.runs; round += 1) {
      for (let turn = 0; turn < SEEDERS.length; turn += 1) {
        const at = (round + turn) % SEEDERS.length;
        const [name, command] = SEEDERS[at] ?? SEEDERS[0] ?? ['', () => []];
        const run = await runOnce(place, name, command, takers);
        own[at]?.runs.push(run);
        console.error(
          `${round + 1}/${options.runs} ${name} to ${takers}: ${run.cpuSeconds.toFixed(2)} CPU s`,
        );
      }
    }
  }
  console.log(
    `${formatMebibytes(options.size)} in pieces of ${options.pieceLength / 1024} KiB, ${options.runs} runs`,
  );
  const rows = results.map(({ takers, seeder, runs }) => {
    const median = (pick: (run: Measurement) => number): number => spreadOf(runs.map(pick)).median;
    const ours = results.find((other) => other.takers === takers)?.runs ?? [];
    const ratio = spreadOf(ours.map(({ cpuSeconds }) => cpuSeconds)).median / median((run) => run.cpuSeconds);
    const { min, max } = spreadOf(runs.map(({ cpuSeconds }) => cpuSeconds));
    return [
      `${takers}: ${seeder}`,
      `${median((run) => run.cpuSeconds).toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`,
      ratio.toFixed(2),
      median((run) => run.wallSeconds).toFixed(2),
      (median((run) => run.peakAnonymousBytes) / 1024 ** 2).toFixed(0),
    ];
  });
  console.log(formatTable(['to: from', 'CPU s', 'millrace ÷', 'wall s', 'without files MiB'], rows));
  console.log(`written: ${await saveResult('seed', { ...options, results })}`);
}

/** Writes the payload and its torrent, and has millrace remember that it is right. */
async function prepare(folder: string, options: OneFile): Promise<Place> {
  const torrent = await writeOneFile(folder, options);
  const flags = ['--no-listen', '--quiet', '--seed-time', '1ms', '--path', folder];
  await runProgram(process.execPath, [MILLRACE, 'seed', ...flags, '--state', join(folder, 'state'), torrent]);
  return { folder, torrent, size: options.size };
}

async function runOnce(
  place: Place,
  name: string,
  command: (place: Place, port: number) => readonly string[],
  takers: Takers,
): Promise<Measurement> {
  const port = await freePort();
  const target = join(place.folder, 'taken');
  await mkdir(target);
  // What was given in runs before counts for the ratio.
  await cp(join(place.folder, 'state'), join(place.folder, 'state of a run'), { recursive: true });
  const measured = measure(name, command(place, port), join(place.folder, 'measurement.json'));
  // It may fail before anyone waits for it.
  measured.catch(() => {});
  await waitFor(`${name} to listen`, () => isListening(port), { timeoutMs: 60_000 });
  const taking =
    takers === 'one libtorrent'
      ? [SYSTEM_PYTHON, LEECHER, place.torrent, target, '127.0.0.1', `${port}`]
      : [process.execPath, TAKERS, place.torrent, `${port}`, `${MANY}`];
  const [program = '', ...args] = taking;
  await using taker = await ManagedProcess.start(takers, program, args);
  const { code } = await taker.exit;
  if (code !== 0) throw new Error(`Cannot count ${name}: whoever takes ended with ${code}\n${taker.log}`);
  const measurement = await measured;
  if (takers === 'one libtorrent') {
    const differences = await compareTrees(join(place.folder, 'payload.bin'), join(target, 'payload.bin'));
    if (differences.length > 0) throw new Error(`Cannot count ${name}: ${differences.join(', ')}`);
  }
  await rm(target, { recursive: true });
  await rm(join(place.folder, 'state of a run'), { recursive: true });
  return measurement;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
