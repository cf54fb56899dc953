import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    name: 'interop',
    root: import.meta.dirname,
    include: ['*.test.ts'],
    // Real programs, real time: nothing here waits longer than 45 s for anything.
    testTimeout: 90_000,
    hookTimeout: 30_000,
    // The client looks for peers in the DHT or the local network only where a test wants it to.
    env: { MILLRACE_DISCOVERY: '' },
    maxWorkers: 2,
    maxConcurrency: 4,
    reporters: ['default', join(import.meta.dirname, '../tools/closing-line.ts')],
  },
});

// oxlint-disable-next-line import/no-default-export -- Vitest reads it so
export default config;
