import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Maker, MAKERS } from './create/makers.ts';
import { openStock } from './create/stock.ts';
import { measure, type Measurement } from './measure.ts';
import { saveResult } from './save-result.ts';
import { formatMebibytes, parseSize } from './size.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';

/** What is made of what, by each program in turn. */
interface Task {
  readonly title: string;
  readonly payload: string;
  readonly pieceLength: number;
  readonly entries: readonly { readonly maker: Maker; readonly runs: Measurement[] }[];
}

/** Makes torrents with each program in turn, and prints a table for each payload and piece length. */
export async function create(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '7' },
      size: { type: 'string', default: '1GiB' },
      files: { type: 'string', default: '20000' },
      small: { type: 'string', default: '8KiB' },
      pieces: { type: 'string', default: '256KiB,4MiB' },
    },
  });
  const runs = parseSize(values.runs);
  const size = parseSize(values.size);
  const smallFiles = parseSize(values.files);
  const smallSize = parseSize(values.small);
  const pieceLengths = values.pieces.split(',').map((text) => parseSize(text));
  const makers = MAKERS.filter(({ isAvailable }) => isAvailable);

  using stock = await openStock({ size, smallFiles, smallSize });
  const payloads = [
    [`one file of ${formatMebibytes(size)}`, stock.largeFile],
    [`${smallFiles} files of ${smallSize / 1024} KiB`, stock.smallFolder],
  ] as const;
  const tasks = payloads.flatMap(([what, payload]) =>
    pieceLengths.map((pieceLength): Task => {
      const title = `${what}, pieces of ${pieceLength / 1024} KiB`;
      return { title, payload, pieceLength, entries: makers.map((maker) => ({ maker, runs: [] })) };
    }),
  );
  const torrent = join(stock.folder, 'made.torrent');
  const scratch = join(stock.folder, 'measurement.json');
  for (let round = 0; round < runs; round += 1) {
    for (const { payload, pieceLength, entries } of tasks) {
      const first = round % entries.length;
      for (const { maker, runs: own } of [...entries.slice(first), ...entries.slice(0, first)]) {
        rmSync(torrent, { force: true });
        own.push(await measure(maker.name, maker.command({ payload, pieceLength, torrent }), scratch));
      }
    }
  }
  for (const task of tasks) {
    console.log(`${task.title}, ${availableParallelism()} cores, ${runs} runs`);
    console.log(formatTask(task));
  }
  const missing = MAKERS.filter(({ isAvailable }) => !isAvailable).map(({ name }) => name);
  for (const name of missing) console.log(`missing: ${name}`);
  const results = tasks.map(({ title, entries }) => ({
    title,
    entries: entries.map((entry) => ({ maker: entry.maker.name, runs: entry.runs })),
  }));
  const outcome = { runs, size, smallFiles, smallSize, pieceLengths, missing, results };
  console.log(`written: ${await saveResult('create', outcome)}`);
}

/** One row each: times as medians with minimum and maximum, and how the first row's relate to them. */
function formatTask({ entries }: Task): string {
  const [ours] = entries;
  if (ours === undefined) return '';
  type Entry = typeof ours;
  const wallOf = ({ runs }: Entry): Spread => spreadOf(runs.map(({ wallSeconds }) => wallSeconds));
  const cpuOf = ({ runs }: Entry): Spread => spreadOf(runs.map(({ cpuSeconds }) => cpuSeconds));
  const ratio = (of: (entry: Entry) => Spread, entry: Entry): string =>
    entry === ours ? '' : (of(ours).median / of(entry).median).toFixed(2);
  return formatTable(
    ['program', 'wall s', 'millrace ÷', 'CPU s', 'millrace ÷', 'without files MiB'],
    entries.map((entry) => [
      entry.maker.name,
      format(wallOf(entry), 2),
      ratio(wallOf, entry),
      format(cpuOf(entry), 2),
      ratio(cpuOf, entry),
      format(spreadOf(entry.runs.map(({ peakAnonymousBytes }) => peakAnonymousBytes / 1024 ** 2)), 0),
    ]),
  );
}

function format({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
