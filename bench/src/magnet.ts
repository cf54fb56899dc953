import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatMagnet, parseMetainfo } from '@millrace/metainfo';
import { CONTESTANTS } from './contestant.ts';
import { secondsToFirstBytes } from './magnet/first-bytes.ts';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { openStage } from './stage.ts';
import { spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';

interface Scenario {
  readonly name: string;
  readonly size: number;
  readonly pieceLength: number;
}

interface Result {
  readonly program: string;
  readonly seconds: readonly number[];
}

const SCENARIOS: readonly Scenario[] = [
  { name: '64 pieces: metadata of 1 KiB, one piece of it', size: 64 * 256 * 1024, pieceLength: 256 * 1024 },
  {
    name: '100,000 pieces: metadata of 2 MiB, 123 pieces of it',
    size: 100_000 * 16_384,
    pieceLength: 16_384,
  },
];

/** Gives each program in turn a magnet link, and prints how long it takes until something of the payload is there. */
export async function magnet(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: 'string', default: '5' } } });
  const runs = parseSize(values.runs);
  const present = CONTESTANTS.filter(({ isAvailable }) => isAvailable);
  const missing = CONTESTANTS.filter(({ isAvailable }) => !isAvailable).map(({ name }) => name);
  const outcome: { readonly scenario: string; readonly results: readonly Result[] }[] = [];
  for (const scenario of SCENARIOS) {
    const results = await compare(scenario, runs);
    console.log(`${scenario.name}; ${runs} runs`);
    console.log(formatResults(results));
    outcome.push({ scenario: scenario.name, results });
  }
  for (const name of missing) console.log(`missing: ${name}`);
  console.log(`written: ${await saveResult('magnet', { runs, missing, outcome })}`);

  async function compare({ size, pieceLength }: Scenario, rounds: number): Promise<readonly Result[]> {
    await using stage = await openStage({ size, pieceLength, files: 1, seeders: 1 });
    const { infoHash, name, tiers } = parseMetainfo(new Uint8Array(await readFile(stage.torrent)));
    const link = formatMagnet({ infoHash, name, trackers: tiers.flat() });
    const seconds = new Map<string, number[]>(present.map((program) => [program.name, []]));
    for (let round = 0; round < rounds; round += 1) {
      const first = round % present.length;
      for (const program of [...present.slice(first), ...present.slice(0, first)]) {
        const folder = join(stage.folder, 'download');
        await mkdir(folder);
        const command = await program.command({ torrent: link, target: join(folder, name) });
        seconds.get(program.name)?.push(await secondsToFirstBytes(program.name, command, folder));
        await rm(folder, { recursive: true });
      }
    }
    return [...seconds].map(([program, own]) => ({ program, seconds: own }));
  }
}

function formatResults(results: readonly Result[]): string {
  const [ours] = results;
  const rows = results.map((result) => {
    const { median, min, max } = spreadOf(result.seconds);
    const ratio = ours === undefined || ours === result ? '' : spreadOf(ours.seconds).median / median;
    const shown = `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
    return [result.program, shown, ratio === '' ? '' : ratio.toFixed(2)];
  });
  return formatTable(['client', 'seconds to the first piece', `${ours?.program ?? ''} ÷`], rows);
}
