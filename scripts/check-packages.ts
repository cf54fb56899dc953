import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkTarballs } from './packages/check-tarballs.ts';

/** Uses the packed packages as a user would: `pnpm packages [--node 22.18.0]…`. They must be built. */
const { values } = parseArgs({ options: { node: { type: 'string', multiple: true, default: [] } } });
const root = join(import.meta.dirname, '..');

try {
  await checkTarballs(root, root, { nodes: values.node, onStep: (message) => console.log(message) });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
