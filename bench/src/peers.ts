import { existsSync, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareTrees } from '@millrace/interop/compare-trees';
import { Handover } from './handover.ts';
import { measure, type Measurement } from './measure.ts';
import { ONE_FILE_OPTIONS, type OneFile, oneFileOf, writeOneFile } from './one-file.ts';
import { Crowd, type CrowdReport } from './peers/crowd.ts';
import { saveResult } from './save-result.ts';
import { formatMebibytes, parseRate, parseSize } from './size.ts';
import { spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';

interface Run extends Measurement {
  readonly crowd: CrowdReport;
}

interface Result {
  readonly peerCount: number;
  readonly runs: readonly Run[];
}

interface Options extends OneFile {
  readonly peers: readonly number[];
  /** Bytes a second that they send together; 0 is as many as they can. */
  readonly rate: number;
}

const MILLRACE = join(import.meta.dirname, '../../apps/cli/dist/bin.js');

/** Downloads one file from more and more peers, and prints what each of these crowds costs. */
export async function peers(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'millrace-bench-peers-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  stack.defer(() => {
    process.off('exit', remove);
    remove();
  });
  await writeOneFile(folder, options);

  let left = join(folder, 'left');
  await copyFile(join(folder, 'payload.bin'), left);
  const runs = new Map<number, Run[]>(options.peers.map((count) => [count, []]));
  for (let round = 0; round < options.runs; round += 1) {
    const first = round % options.peers.length;
    for (const count of [...options.peers.slice(first), ...options.peers.slice(0, first)]) {
      const download = join(folder, `${round}-${count}`);
      const run = await runOnce(folder, options, { count, download, left });
      left = download;
      runs.get(count)?.push(run);
      console.error(`${round + 1}/${options.runs} ${count} peers: ${run.cpuSeconds.toFixed(2)} CPU s`);
    }
  }
  const results = [...runs].map(([peerCount, own]) => ({ peerCount, runs: own }));
  console.log(
    `${formatMebibytes(options.size)} in pieces of ${options.pieceLength / 1024} KiB, ${options.runs} runs`,
  );
  console.log(formatResults(results, options));
  console.log(`written: ${await saveResult('peers', { ...options, results })}`);
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...ONE_FILE_OPTIONS,
      peers: { type: 'string', default: '1,10,100,500' },
      rate: { type: 'string' },
    },
  });
  const counts = values.peers.split(',').map((count) => parseSize(count));
  return {
    ...oneFileOf(values),
    peers: counts,
    rate: values.rate === undefined ? 0 : parseRate(values.rate),
  };
}

interface Turn {
  readonly count: number;
  /** Where to download to. */
  readonly download: string;
  /** What the turn before left. It goes. */
  readonly left: string;
}

async function runOnce(
  folder: string,
  { size, pieceLength, rate }: Options,
  { count, download, left }: Turn,
): Promise<Run> {
  const payload = join(folder, 'payload.bin');
  await using crowd = await Crowd.start({ payload, size, pieceLength, count, rate });
  await mkdir(download);
  const target = join(download, 'payload.bin');
  const command = [
    process.execPath,
    MILLRACE,
    'download',
    '--quiet',
    '--state',
    join(download, 'state'),
    '--max-peers',
    `${count}`,
    '-o',
    target,
  ];
  for (const address of await crowd.addresses()) command.push('--peer', address);
  command.push(join(folder, 'payload.torrent'));
  using _ = new Handover(left);
  const measurement = await measure(`${count} peers`, command, join(folder, 'measurement.json'));
  const differences = await compareTrees(payload, target);
  if (differences.length > 0) throw new Error(`Cannot count ${count} peers: ${differences.join(', ')}`);
  return { ...measurement, crowd: await crowd.report() };
}

function formatResults(results: readonly Result[], { size }: Options): string {
  const perGib = 1024 ** 3 / size;
  const cpuPerGib = ({ runs }: Result) => spreadOf(runs.map(({ cpuSeconds }) => cpuSeconds * perGib)).median;
  const [one] = results;
  const rows = results.map((result) => [
    `${result.peerCount}`,
    spread(result, ({ cpuSeconds }) => cpuSeconds * perGib, 2),
    one === undefined ? '' : (cpuPerGib(result) / cpuPerGib(one)).toFixed(2),
    spread(result, ({ crowd }) => crowd.transferSeconds, 2),
    spread(result, ({ peakBytes }) => peakBytes / 1024 ** 2, 0),
    spread(result, ({ crowd }) => crowd.peers.filter(({ sentLength }) => sentLength > 0).length, 0),
    spread(result, ({ crowd }) => sumOf(crowd, ({ sentLength }) => sentLength) / size, 3),
    spread(
      result,
      ({ crowd }) => sumOf(crowd, ({ requests }) => requests) / sumOf(crowd, ({ reads }) => reads),
      1,
    ),
    spread(result, ({ crowd }) => crowd.cpuSeconds, 2),
  ]);
  const head = [
    'peers',
    'CPU s/GiB',
    '÷ first',
    'transfer s',
    'peak MiB',
    'gave',
    'sent ÷ size',
    'requests at a time',
    'crowd’s CPU s',
  ];
  return formatTable(head, rows);
}

function sumOf({ peers: all }: CrowdReport, pick: (peer: CrowdReport['peers'][number]) => number): number {
  return all.reduce((sum, peer) => sum + pick(peer), 0);
}

function spread({ runs }: Result, pick: (run: Run) => number, digits: number): string {
  const { median, min, max } = spreadOf(runs.map(pick));
  const texts = [median, min, max].map((value) => value.toFixed(digits));
  return texts[1] === texts[2] ? (texts[0] ?? '') : `${texts[0]} (${texts[1]}–${texts[2]})`;
}
