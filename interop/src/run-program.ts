import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { childEnvironment } from './managed-process.ts';

const run = promisify(execFile);

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws {Error} if it fails or takes more than 30 s.
 */
export async function runProgram(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args, { env: childEnvironment(), timeout: 30_000 });
  return stdout;
}
