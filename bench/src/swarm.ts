import { cp, mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTESTANTS, type Contestant } from './contestant.ts';
import { Handover } from './handover.ts';
import { measure } from './measure.ts';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { openStage, type Stage } from './stage.ts';
import { assertSame } from './swarm/assert-same.ts';
import { formatResults, type Result, type Run } from './swarm/result-table.ts';
import { formatScenario, type Scenario, variationsOf } from './swarm/scenario.ts';
import { prepareWebtorrent } from './swarm/webtorrent.ts';
import { TransferClock } from './transfer-clock.ts';

/** Downloads the same from libtorrent seeders with each contestant in turn, and prints a table for each scenario. */
export async function swarm(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '5' },
      size: { type: 'string', default: '1GiB' },
      piece: { type: 'string', default: '256KiB' },
      files: { type: 'string', default: '1' },
      seeders: { type: 'string', default: '1' },
      all: { type: 'boolean', default: false },
    },
  });
  const scenario = {
    size: parseSize(values.size),
    pieceLength: parseSize(values.piece),
    files: parseSize(values.files),
    seeders: parseSize(values.seeders),
  };
  const rounds = parseSize(values.runs);
  const clients = [...CONTESTANTS, await prepareWebtorrent()];
  const missing = clients.filter(({ isAvailable }) => !isAvailable).map(({ name }) => name);
  const present = clients.filter(({ isAvailable }) => isAvailable);

  for (const each of values.all ? variationsOf(scenario) : [scenario]) {
    const { results, failed } = await tryScenario(each, present, rounds);
    console.log(`\n${formatScenario(each)}, ${rounds} ${rounds === 1 ? 'run' : 'runs'}`);
    console.log(formatResults(results));
    for (const name of missing) console.log(`missing: ${name}`);
    for (const name of failed) console.log(`failed: ${name}`);
    console.log(`written: ${await saveResult('swarm', { ...each, runs: rounds, missing, failed, results })}`);
  }
}

interface Outcome {
  readonly results: readonly Result[];
  /** Rivals that could not do it. What they had done until then does not count. */
  readonly failed: readonly string[];
}

async function tryScenario(
  scenario: Scenario,
  clients: readonly Contestant[],
  rounds: number,
): Promise<Outcome> {
  await using stage = await openStage(scenario);
  const left = join(stage.folder, 'left');
  await cp(stage.payload, left, { recursive: true });
  const contestants = [...clients, stage.bareLoop];
  const runs = new Map<Contestant, Run[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Alternating, and each round begins with another one: what warms up or wears off touches all alike.
    const first = round % contestants.length;
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      const own = runs.get(contestant);
      if (own === undefined) continue;
      try {
        const run = await runOnce(stage, contestant, left);
        own.push(run);
        const figures = `${run.cpuSeconds.toFixed(2)} CPU s, ${run.wallSeconds.toFixed(2)} s`;
        console.error(`${round + 1}/${rounds} ${contestant.name}: ${figures}`);
      } catch (error) {
        if (contestant === contestants[0]) throw error; // ours: then there is nothing to compare with
        console.error(error);
        runs.delete(contestant);
      }
    }
  }
  return {
    results: [...runs].map(([{ name }, own]) => ({ contestant: name, runs: own })),
    failed: contestants.filter((contestant) => !runs.has(contestant)).map(({ name }) => name),
  };
}

/** @param left - What the run before has left. It goes, and what this one leaves takes its place. */
async function runOnce(stage: Stage, contestant: Contestant, left: string): Promise<Run> {
  const folder = join(stage.folder, 'download');
  await mkdir(folder);
  const target = join(folder, basename(stage.payload));
  const command = await contestant.command({ torrent: stage.torrent, target });
  using clock = await TransferClock.watch(stage.seeders);
  try {
    using _ = new Handover(left);
    const measurement = await measure(contestant.name, command, join(stage.folder, 'measurement.json'));
    await assertSame(stage.payload, target);
    return { ...measurement, transferSeconds: clock.seconds };
  } finally {
    await rename(folder, left);
  }
}
