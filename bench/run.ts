import { choker } from './src/choker.ts';
import { create } from './src/create.ts';
import { dht } from './src/dht.ts';
import { fuzz } from './src/fuzz.ts';
import { latency } from './src/latency.ts';
import { layers } from './src/layers.ts';
import { magnet } from './src/magnet.ts';
import { memory } from './src/memory.ts';
import { peers } from './src/peers.ts';
import { pieces } from './src/pieces.ts';
import { seed } from './src/seed.ts';
import { startup } from './src/startup.ts';
import { swarm } from './src/swarm.ts';
import { verify } from './src/verify.ts';
import { wire } from './src/wire.ts';

const BENCHMARKS = new Map([
  ['swarm', swarm],
  ['seed', seed],
  ['peers', peers],
  ['pieces', pieces],
  ['latency', latency],
  ['layers', layers],
  ['wire', wire],
  ['startup', startup],
  ['verify', verify],
  ['create', create],
  ['memory', memory],
  ['magnet', magnet],
  ['choker', choker],
  ['dht', dht],
  ['fuzz', fuzz],
]);

// What is measured is on this machine: no client looks for peers elsewhere.
process.env['MILLRACE_DISCOVERY'] = '';

const [name = '', ...args] = process.argv.slice(2);
const benchmark = BENCHMARKS.get(name);
process.once('SIGINT', () => process.exit(130)); // what runs and what was written is removed on exit
if (benchmark === undefined) {
  console.error(
    `Usage: pnpm bench <${[...BENCHMARKS.keys()].join('|')}> [options]; bench/README.md has the options`,
  );
  process.exitCode = 2;
} else {
  await benchmark(args);
}
