import { parseArgs } from 'node:util';
import { Choker, SuperSeeding } from '@millrace/downloader';
import {
  CHOKER_SCENARIOS,
  initialSeed,
  type Fare,
  type InitialSeedCost,
  type MakeChoker,
  type SimulatedChoker,
} from '@millrace/testkit';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { spreadOf } from './statistics.ts';
import { formatTable } from './table.ts';

/** What there is without a choker: everyone who is interested is let in. */
const EVERYONE: MakeChoker = (): SimulatedChoker => ({
  isDue: () => true,
  interested: () => {},
  released: () => {},
  rechoke: (peers) => new Set([...peers].filter(({ isInterested }) => isInterested).map(({ key }) => key)),
});
const OURS: MakeChoker = (random) => new Choker(random);
const reveals = (pieceCount: number, random: () => number): SuperSeeding =>
  new SuperSeeding(pieceCount, { random });
const PEER_COUNTS = [1, 2, 5, 20, 40];

/** Runs the simulated swarms that the choker and super-seeding are tested in, and prints how everyone fared. */
export async function choker(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: 'string', default: '5' } } });
  const seeds = Array.from({ length: parseSize(values.runs) }, (_, at) => at + 1);

  const fares = CHOKER_SCENARIOS.map((scenario) => ({
    ours: seeds.map((seed) => scenario(OURS, seed)),
    everyone: seeds.map((seed) => scenario(EVERYONE, seed)),
  }));
  const head = [
    'scenario',
    'peers',
    'give KiB/s',
    'get KiB/s',
    'the least',
    'first piece s',
    'all let in: get KiB/s',
  ];
  console.log(
    formatTable(
      head,
      fares.flatMap(({ ours, everyone }) => rows(ours, everyone)),
    ),
  );

  const seeding = PEER_COUNTS.map((peerCount) => ({
    peerCount,
    plain: seeds.map((seed) => initialSeed({ peerCount, seed, makeChoker: OURS })),
    superSeeding: seeds.map((seed) => initialSeed({ peerCount, seed, makeChoker: OURS, reveals })),
  }));
  const seedingHead = [
    'one seed and',
    'sent until all is out',
    'all have all after s',
    'super-seeding: sent',
    'after s',
  ];
  console.log();
  console.log(formatTable(seedingHead, seeding.map(seedingRow)));
  console.log(`\nWritten to ${await saveResult('choker', { seeds, fares, seeding })}`);
}

/** A row for each kind of peers of one scenario. */
function rows(ours: readonly (readonly Fare[])[], everyone: readonly (readonly Fare[])[]): string[][] {
  return (ours[0] ?? []).map(({ scenario, kind, peerCount, uploadRate }, at) => {
    const of = (runs: readonly (readonly Fare[])[], value: (fare: Fare) => number): number => {
      return spreadOf(runs.flatMap((run) => run[at] ?? []).map(value)).median;
    };
    return [
      `${scenario}: ${kind}`,
      String(peerCount),
      (uploadRate / 1024).toFixed(0),
      (of(ours, ({ meanRate }) => meanRate) / 1024).toFixed(1),
      (of(ours, ({ lowestRate }) => lowestRate) / 1024).toFixed(1),
      (of(ours, ({ meanFirstPieceMs = Infinity }) => meanFirstPieceMs) / 1_000).toFixed(1),
      (of(everyone, ({ meanRate }) => meanRate) / 1024).toFixed(1),
    ];
  });
}

interface Seeding {
  readonly peerCount: number;
  readonly plain: readonly InitialSeedCost[];
  readonly superSeeding: readonly InitialSeedCost[];
}

function seedingRow({ peerCount, plain, superSeeding }: Seeding): string[] {
  const cells = [plain, superSeeding].flatMap((costs) => [
    `${spreadOf(costs.map(({ sentWhenOut }) => sentWhenOut)).median.toFixed(2)} ×`,
    (spreadOf(costs.map(({ doneMs }) => doneMs)).median / 1_000).toFixed(0),
  ]);
  return [`${peerCount} ${peerCount === 1 ? 'peer' : 'peers'}`, ...cells];
}
