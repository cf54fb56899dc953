import { defineConfig, type ViteUserConfig } from 'vitest/config';

if (process.features.typescript !== 'strip') {
  throw new Error(
    `Node ${process.version} cannot run TypeScript; run this with 'pnpm test', which brings its own Node`,
  );
}

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      'packages/*',
      'apps/*',
      {
        test: {
          name: 'workspace',
          include: ['scripts/**/*.test.ts', 'tools/**/*.test.ts'],
          // These start other programs: vitest, bash.
          testTimeout: 30_000,
        },
      },
    ],
    reporters: ['default', './tools/closing-line.ts'],
    coverage: {
      provider: 'v8',
      include: ['{packages,apps}/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.bench.ts', '**/testing/**', 'packages/testkit/**'],
      reporter: ['text-summary', 'html', 'lcov'],
      thresholds: { statements: 90, branches: 85, functions: 90, lines: 90 },
    },
  },
});

export default config;
