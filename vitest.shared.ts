import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** What every project's tests share. */
const shared: ViteUserConfig = defineConfig({
  ssr: {
    resolve: {
      // Siblings are tested from their source, without a build. Vitest also hands these to the
      // processes it starts as --conditions, so worker threads see the same. This list replaces
      // Vitest's own, so its two come after ours.
      conditions: ['@millrace/source', 'node', 'development|production'],
    },
  },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    restoreMocks: true,
    // No program under test looks for peers outside this machine, unless a test wants it to.
    env: { MILLRACE_DISCOVERY: '' },
    // Whole downloads and child processes, on a machine that may have other things to do.
    testTimeout: 15_000,
  },
});

export default shared;
