import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type DhtSimulationResult, simulateDht } from '@millrace/testkit';
import { saveResult } from './save-result.ts';
import { parseSize } from './size.ts';
import { formatTable } from './table.ts';

const FOLDER = join(import.meta.dirname, 'dht');

interface Row {
  readonly nodes: number;
  readonly hostile: number;
  readonly result: DhtSimulationResult;
  readonly wallMs: number;
}

/** Simulates networks of several sizes, with and without hostile nodes, and measures what one node costs. */
export async function dht(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: { type: 'string', default: '1000,10000' },
      hashes: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
    },
  });
  const seed = parseSize(values.seed);
  const hashCount = parseSize(values.hashes);
  const simulated: Row[] = [];
  for (const nodes of values.nodes.split(',').map(parseSize)) {
    for (const hostile of [0, 0.2]) {
      const startMs = performance.now();
      const squattedCount = hostile === 0 ? 0 : Math.floor(hashCount / 20);
      const result = simulateDht({ seed, nodeCount: nodes, hashCount, hostileShare: hostile, squattedCount });
      simulated.push({ nodes, hostile, result, wallMs: performance.now() - startMs });
      console.error(`${nodes} nodes, ${hostile * 100} % hostile: done`);
    }
  }
  console.log(`Seed ${seed}, ${hashCount} info hashes; 3 % of packets lost, 10 % of nodes leave, 2 % join`);
  const head = [
    'nodes',
    'hostile',
    'found',
    'hops',
    'log2(n)',
    'queries',
    'ms to a peer',
    'joined',
    'took s',
  ];
  console.log(formatTable(head, simulated.map(toCells)));

  const costs = Object.fromEntries(
    await Promise.all(
      ['memory', 'idle', 'lookups'].map(async (name) => {
        const { stdout } = await promisify(execFile)(process.execPath, [
          '--expose-gc',
          join(FOLDER, `${name}-process.ts`),
        ]);
        const found: unknown = JSON.parse(stdout);
        return [name, found] as const;
      }),
    ),
  );
  console.log(JSON.stringify(costs, undefined, 2));
  console.log(`written: ${await saveResult('dht', { seed, hashCount, simulated, costs })}`);
}

function toCells({ nodes, hostile, result, wallMs }: Row): string[] {
  const { found, announced, hops, queries, firstPeerMs, joined } = result;
  return [
    nodes.toLocaleString('en'),
    `${hostile * 100} %`,
    `${((100 * found) / announced).toFixed(1)} %`,
    spread(hops),
    Math.log2(nodes).toFixed(1),
    spread(queries),
    spread(firstPeerMs),
    `${joined}`,
    (wallMs / 1000).toFixed(1),
  ];
}

/** Median, and in brackets what 95 % stay within. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return `${at(0.5)} (${at(0.95)})`;
}
