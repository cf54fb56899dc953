import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SHAPES, torrentOf } from './layers/torrents.ts';
import { measure, type Measurement } from './measure.ts';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { type Program, programsFor } from './startup/programs.ts';
import { spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';

/** The torrent that is looked at: an ordinary one, of 700 files. */
const SHAPE = '100 KB, 700 files';

interface Result {
  readonly program: Program;
  readonly runs: readonly Measurement[];
}

/** Starts programs that do next to nothing, in turn, and prints a table. */
export async function startup(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: 'string', default: '15' } } });
  const runs = parseSize(values.runs);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-startup-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const torrent = join(folder, 'sample.torrent');
  const shape = SHAPES.find(({ name }) => name === SHAPE);
  if (shape === undefined) throw new Error(`Cannot start: there is no torrent of ${SHAPE}`);
  await writeFile(torrent, torrentOf(shape));

  const programs = programsFor(torrent);
  const present = programs.filter(({ isAvailable }) => isAvailable);
  const missing = [
    ...new Set(programs.filter((program) => !present.includes(program)).map(({ name }) => name)),
  ];
  const scratch = join(folder, 'measurement.json');
  const measured = new Map<Program, Measurement[]>(present.map((program) => [program, []]));
  // The first round is not counted: it reads the programs from disk.
  for (let round = 0; round <= runs; round += 1) {
    const first = round % present.length;
    for (const program of [...present.slice(first), ...present.slice(0, first)]) {
      const measurement = await measure(program.name, program.command, scratch);
      if (round > 0) measured.get(program)?.push(measurement);
    }
  }
  const results = [...measured].map(([program, own]) => ({ program, runs: own }));
  console.log(`milliseconds from start to end, ${runs} runs of each; info is about a torrent of ${SHAPE}`);
  console.log(formatResults(results));
  for (const name of missing) console.log(`missing: ${name}`);
  console.log(`written: ${await saveResult('startup', { runs, missing, results })}`);
}

/** One row for each rival at each task, and how ours relates to it; the worst first. */
function formatResults(results: readonly Result[]): string {
  const rows = results.flatMap((result) => {
    const { task, name } = result.program;
    const ours = results.find(({ program }) => program.task === task && program.name === 'millrace');
    if (ours === undefined || ours === result) return [];
    const ratio = medianOf(ours, wall) / medianOf(result, wall);
    const cells = [
      task,
      name,
      spread(ours, wall),
      spread(result, wall),
      ratio.toFixed(2),
      spread(ours, cpu),
      spread(result, cpu),
      (medianOf(ours, cpu) / medianOf(result, cpu)).toFixed(2),
    ];
    return [{ ratio, cells }];
  });
  const sorted = rows.toSorted((a, b) => b.ratio - a.ratio).map(({ cells }) => cells);
  const head = [
    'task',
    'rival',
    'millrace wall',
    'rival’s',
    'millrace ÷',
    'millrace CPU',
    'rival’s',
    'millrace ÷',
  ];
  return formatTable(head, sorted);
}

function wall({ wallSeconds }: Measurement): number {
  return wallSeconds * 1000;
}

function cpu({ cpuSeconds }: Measurement): number {
  return cpuSeconds * 1000;
}

function medianOf({ runs }: Result, pick: (run: Measurement) => number): number {
  return spreadOf(runs.map(pick)).median;
}

function spread({ runs }: Result, pick: (run: Measurement) => number): string {
  const { median, min, max } = spreadOf(runs.map(pick));
  return `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;
}
