import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measure, type Measurement } from './measure.ts';
import { saveResult } from './save-result.ts';
import { formatMebibytes, parseSize } from './size.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';
import { CHECKERS, CORES, type Checker } from './verify/checkers.ts';
import { openShelf } from './verify/shelf.ts';

/** One program at work on one torrent; for those that know no pieces, on the files. */
interface Entry {
  readonly checker: Checker;
  readonly pieceLength: number | undefined;
  readonly torrent: string;
  readonly runs: Measurement[];
}

/** Checks data that is there, with each program in turn, and prints a table for each piece length. */
export async function verify(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '5' },
      size: { type: 'string', default: '2GiB' },
      pieces: { type: 'string', default: '256KiB,4MiB' },
    },
  });
  const runs = parseSize(values.runs);
  const size = parseSize(values.size);
  const pieceLengths = values.pieces.split(',').map((text) => parseSize(text));
  const fileCount = 2 * CORES;
  const missing = CHECKERS.filter(({ isAvailable }) => !isAvailable).map(({ name }) => name);

  using shelf = await openShelf({ size, fileCount, pieceLengths });
  const entries = entriesFor(shelf.torrents);
  const scratch = join(shelf.folder, 'measurement.json');
  for (let round = 0; round < runs; round += 1) {
    const first = round % entries.length;
    for (const { checker, torrent, runs: own } of [...entries.slice(first), ...entries.slice(0, first)]) {
      const command = checker.command({ torrent, payload: shelf.payload });
      own.push(await measure(checker.name, command, scratch));
    }
  }
  for (const pieceLength of pieceLengths) {
    console.log(
      `${formatMebibytes(size)} in ${fileCount} files, pieces of ${pieceLength / 1024} KiB, ${CORES} cores, ${runs} runs`,
    );
    console.log(formatEntries(entries, pieceLength, size));
  }
  for (const name of missing) console.log(`missing: ${name}`);
  const results = entries.map(({ checker, pieceLength, runs: own }) => ({
    checker: checker.name,
    pieceLength,
    runs: own,
  }));
  console.log(
    `written: ${await saveResult('verify', { runs, size, fileCount, pieceLengths, missing, results })}`,
  );
}

function entriesFor(torrents: ReadonlyMap<number, string>): Entry[] {
  return CHECKERS.filter(({ isAvailable }) => isAvailable).flatMap((checker): Entry[] => {
    if (!checker.isClient) return [{ checker, pieceLength: undefined, torrent: '', runs: [] }];
    return [...torrents].map(([pieceLength, torrent]) => ({ checker, pieceLength, torrent, runs: [] }));
  });
}

/** One row each: rates and times as medians with minimum and maximum, and how the first row's relate to them. */
function formatEntries(entries: readonly Entry[], pieceLength: number, size: number): string {
  const rows = entries.filter(
    (entry) => entry.pieceLength === undefined || entry.pieceLength === pieceLength,
  );
  const [ours] = rows;
  if (ours === undefined) return '';
  const rateOf = ({ runs }: Entry): Spread =>
    spreadOf(runs.map(({ wallSeconds }) => size / 1024 ** 3 / wallSeconds));
  const cpuOf = ({ runs }: Entry): Spread => spreadOf(runs.map(({ cpuSeconds }) => cpuSeconds));
  const ratio = (of: (entry: Entry) => Spread, entry: Entry): string =>
    entry === ours ? '' : (of(ours).median / of(entry).median).toFixed(2);
  return formatTable(
    ['program', 'GiB/s', 'millrace ÷', 'CPU s', 'millrace ÷', 'without files MiB'],
    rows.map((entry) => [
      entry.checker.name,
      format(rateOf(entry), 2),
      ratio(rateOf, entry),
      format(cpuOf(entry), 2),
      ratio(cpuOf, entry),
      entry.checker.isClient
        ? format(spreadOf(entry.runs.map(({ peakAnonymousBytes }) => peakAnonymousBytes / 1024 ** 2)), 0)
        : '–',
    ]),
  );
}

function format({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
