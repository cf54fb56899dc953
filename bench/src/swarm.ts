import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareTrees } from '@millrace/interop/compare-trees';
import { CONTESTANTS, type Contestant } from './contestant.ts';
import { measure, type Measurement } from './measure.ts';
import { saveResult } from './save-result.ts';
import { formatMebibytes, parseSize } from './size.ts';
import { openStage, type Stage } from './stage.ts';
import { spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';
import { TransferClock } from './transfer-clock.ts';

interface Run extends Measurement {
  /** From the seeder's first byte of payload to its last; 0 for a contestant that does not use it. */
  readonly transferSeconds: number;
}

interface Result {
  readonly contestant: string;
  readonly runs: readonly Run[];
}

/** Downloads one file from one libtorrent seeder, with each contestant in turn, and prints a table. */
export async function swarm(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '5' },
      size: { type: 'string', default: '1GiB' },
      piece: { type: 'string', default: '256KiB' },
    },
  });
  const options = {
    runs: parseSize(values.runs),
    size: parseSize(values.size),
    pieceLength: parseSize(values.piece),
  };
  const present = CONTESTANTS.filter(({ isAvailable }) => isAvailable);
  const missing = CONTESTANTS.filter(({ isAvailable }) => !isAvailable).map(({ name }) => name);

  await using stage = await openStage(options);
  const runs = new Map<string, Run[]>(present.map(({ name }) => [name, []]));
  for (let round = 0; round < options.runs; round += 1) {
    // Alternating, and each round begins with another one: what warms up or wears off touches all alike.
    const first = round % present.length;
    for (const contestant of [...present.slice(first), ...present.slice(0, first)]) {
      const measurement = await runOnce(stage, contestant, options.pieceLength);
      runs.get(contestant.name)?.push(measurement);
      console.error(
        `${round + 1}/${options.runs} ${contestant.name}: ${measurement.cpuSeconds.toFixed(2)} CPU s, ${measurement.wallSeconds.toFixed(2)} s`,
      );
    }
  }
  const results = [...runs].map(([contestant, measurements]) => ({ contestant, runs: measurements }));
  console.log(
    `${formatMebibytes(options.size)} in pieces of ${options.pieceLength / 1024} KiB, ${options.runs} runs`,
  );
  console.log(formatResults(results));
  for (const name of missing) console.log(`missing: ${name}`);
  console.log(`written: ${await saveResult('swarm', { ...options, missing, results })}`);
}

async function runOnce(stage: Stage, contestant: Contestant, pieceLength: number): Promise<Run> {
  const folder = join(stage.folder, 'download');
  await mkdir(folder);
  const target = join(folder, 'payload.bin');
  const command = await contestant.command({ ...stage, target, pieceLength });
  using clock = await TransferClock.watch(stage.seeder);
  const measurement = await measure(contestant.name, command, join(stage.folder, 'measurement.json'));
  const differences = await compareTrees(stage.payload, target);
  if (differences.length > 0) throw new Error(`Cannot count ${contestant.name}: ${differences.join(', ')}`);
  await rm(folder, { recursive: true });
  return { ...measurement, transferSeconds: clock.seconds };
}

/** One row each: medians with minimum and maximum, and how the first row's CPU and wall time relate to this one's. */
function formatResults(results: readonly Result[]): string {
  const [ours] = results;
  const rows = results.map((result) => [
    result.contestant,
    spread(result, ({ cpuSeconds }) => cpuSeconds, 2),
    ratio(ours, result, ({ cpuSeconds }) => cpuSeconds),
    spread(result, ({ wallSeconds }) => wallSeconds, 2),
    ratio(ours, result, ({ wallSeconds }) => wallSeconds),
    spread(result, ({ transferSeconds }) => transferSeconds, 2),
    spread(result, ({ peakBytes }) => peakBytes / 1024 ** 2, 0),
    spread(result, ({ peakAnonymousBytes }) => peakAnonymousBytes / 1024 ** 2, 0),
  ]);
  const name = ours?.contestant ?? '';
  const head = [
    'client',
    'CPU s',
    `${name} ÷`,
    'wall s',
    `${name} ÷`,
    'transfer s',
    'peak MiB',
    'without files MiB',
  ];
  return formatTable(head, rows);
}

function spread({ runs }: Result, pick: (run: Run) => number, digits: number): string {
  const { median, min, max } = spreadOf(runs.map(pick));
  if (max === 0) return '–';
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function ratio(ours: Result | undefined, other: Result, pick: (run: Run) => number): string {
  if (ours === undefined || ours === other) return '';
  return (spreadOf(ours.runs.map(pick)).median / spreadOf(other.runs.map(pick)).median).toFixed(2);
}
