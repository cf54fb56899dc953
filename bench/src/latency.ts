import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareTrees } from '@millrace/interop/compare-trees';
import { CONTESTANTS, type Contestant } from './contestant.ts';
import { NEAR_HOST, type LinkReport } from './latency/link.ts';
import { chooseLinks, type NamedLink } from './latency/links.ts';
import { openStage, PLAIN_TCP, type Stage } from './latency/stage.ts';
import { measure, type Measurement } from './measure.ts';
import { saveResult } from './save-result.ts';
import { formatMebibytes, parseSize } from './size.ts';
import { spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';

const PIECE_LENGTH = 256 * 1024;
/** Who transfers for longer is not asked again on that link: it would take most of the time, and show no more. */
const SLOW_SECONDS = 15;

interface Run extends Measurement {
  readonly link: LinkReport;
  /** Payload by the time from the first full packet to the last. */
  readonly bytesPerSecond: number;
}

interface Result {
  readonly link: NamedLink;
  readonly contestant: string;
  readonly runs: readonly Run[];
}

/** Downloads one file through links of different delay, with each contestant in turn, and prints a table. */
export async function latency(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '3' },
      rtt: { type: 'string' },
      loss: { type: 'string' },
      rate: { type: 'string', default: '25MB/s' },
      size: { type: 'string' },
      clients: { type: 'string' },
    },
  });
  const rounds = parseSize(values.runs);
  const size = values.size === undefined ? undefined : parseSize(values.size);
  const links = chooseLinks({ rtt: values.rtt, loss: values.loss, rate: values.rate, size });
  const clients = values.clients?.split(',');
  const rivals = [...CONTESTANTS, PLAIN_TCP].filter(({ name }) => clients?.includes(name) ?? true);
  const missing = rivals.filter(({ isAvailable }) => !isAvailable).map(({ name }) => name);

  const results: Result[] = [];
  for (const link of links) results.push(...(await tryLink(link, rivals, rounds)));
  console.log(`links of ${values.rate} each way, pieces of ${PIECE_LENGTH / 1024} KiB`);
  console.log(formatResults(results));
  for (const name of missing) console.log(`missing: ${name}`);
  console.log(`written: ${await saveResult('latency', { pieceLength: PIECE_LENGTH, missing, results })}`);
}

async function tryLink(
  link: NamedLink,
  rivals: readonly Contestant[],
  rounds: number,
): Promise<readonly Result[]> {
  const present = rivals.filter(({ isAvailable }) => isAvailable);
  await using stage = await openStage({ size: link.size, pieceLength: PIECE_LENGTH, link: link.model });
  const runs = new Map<string, Run[]>(present.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    stage.link.changeLosses();
    const first = round % present.length;
    for (const contestant of [...present.slice(first), ...present.slice(0, first)]) {
      const own = runs.get(contestant.name) ?? [];
      if (own.some(({ link: { seconds } }) => seconds > SLOW_SECONDS)) continue;
      const run = await runOnce(stage, contestant, link.size);
      own.push(run);
      console.error(
        `${link.name}: ${round + 1}/${rounds} ${contestant.name}: ${(run.bytesPerSecond / 1e6).toFixed(2)} MB/s, ${run.wallSeconds.toFixed(2)} s`,
      );
    }
  }
  return [...runs].map(([contestant, own]) => ({ link, contestant, runs: own }));
}

async function runOnce(stage: Stage, contestant: Contestant, size: number): Promise<Run> {
  const folder = join(stage.folder, 'download');
  await mkdir(folder);
  const target = join(folder, 'payload.bin');
  const { torrent, link } = stage;
  const command = [...link.near, ...(await contestant.command({ torrent, target, host: NEAR_HOST }))];
  await link.takeReport(); // whatever the last one left behind is not this one's
  const measurement = await measure(contestant.name, command, join(stage.folder, 'measurement.json'));
  const report = await link.takeReport();
  const differences = await compareTrees(stage.payload, target);
  if (differences.length > 0) throw new Error(`Cannot count ${contestant.name}: ${differences.join(', ')}`);
  await rm(folder, { recursive: true });
  return { ...measurement, link: report, bytesPerSecond: size / report.seconds };
}

/** One row for each client on each link, and how the first client's rate relates to its. */
function formatResults(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const ours = results.find(({ link }) => link === result.link);
    const ratio =
      ours === undefined || ours === result ? '' : (medianRate(ours) / medianRate(result)).toFixed(2);
    return [
      `${result.link.name}, ${formatMebibytes(result.link.size)}`,
      result.contestant,
      spread(result, ({ bytesPerSecond }) => bytesPerSecond / 1e6),
      ratio,
      spread(result, ({ wallSeconds }) => wallSeconds),
      spread(result, ({ cpuSeconds }) => cpuSeconds),
      String(spreadOf(result.runs.map(({ link }) => link.overflowed)).median),
      String(result.runs.length),
    ];
  });
  const name = results[0]?.contestant ?? '';
  const head = ['round trip', 'client', 'MB/s', `${name} ÷`, 'wall s', 'CPU s', 'dropped', 'runs'];
  return formatTable(head, rows);
}

function medianRate({ runs }: Result): number {
  return spreadOf(runs.map(({ bytesPerSecond }) => bytesPerSecond)).median;
}

function spread({ runs }: Result, pick: (run: Run) => number): string {
  const { median, min, max } = spreadOf(runs.map(pick));
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}
