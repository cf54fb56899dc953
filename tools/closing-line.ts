import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the run with 'N passed, N failed, N skipped' alone on a line.
 * A file or suite that broke outside its tests, and an unhandled error, each count as one failure,
 * so the line never says '0 failed' for a run that Vitest calls failed.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === 'pending' ? 'failed' : state]++;
      }
      for (const suite of [module, ...module.children.allSuites()]) {
        if (suite.errors().length > 0) count.failed++;
      }
    }
    const line = `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
    // After every other reporter and the coverage report.
    process.once('exit', () => process.stdout.write(`\n${line}\n`));
  }
}
