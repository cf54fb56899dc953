import { dirname, delimiter, join } from 'node:path';
import { nodeBinary } from './lib/node-binary.ts';
import { run } from './lib/run.ts';

/** Runs the tests on another Node: `pnpm test:on 22.18.0 [words for vitest…]`. Build first. */
const [version = '', ...words] = process.argv.slice(2);
const node = await nodeBinary(version);
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');

console.log(`Testing on ${node}`);
try {
  await run(node, [vitest, 'run', ...words], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}` },
    isLoud: true,
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
