import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The program as it is installed: build it before testing it. */
export const PROGRAM: string = path.join(import.meta.dirname, '..', '..', 'dist', 'bin.js');

const home = mkdtempSync(path.join(tmpdir(), 'millrace-home-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

export interface ProgramOutcome {
  readonly out: string;
  readonly err: string;
  /** `null` if a signal ended it. */
  readonly exitCode: number | null;
}

/** Starts the built program in a process of its own. */
export function startProgram(
  argv: readonly string[],
  cwd: string = process.cwd(),
  environment: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  // What is remembered of downloads is not to be found among those of who runs the tests.
  const own = { XDG_STATE_HOME: home, XDG_CACHE_HOME: path.join(home, 'cache') };
  const env = { ...process.env, ...own, ...environment };
  const child = spawn(process.execPath, [PROGRAM, ...argv], { cwd, env });
  child.stdin.on('error', () => {}); // it may end before it has read
  return child;
}

/** Resolves when the program has ended and everything it wrote has arrived. */
export function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<ProgramOutcome> {
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  return new Promise((resolve) => {
    child.on('close', (exitCode) => resolve({ out, err, exitCode }));
  });
}

/** Runs the built program to its end. */
export function runProgram(argv: readonly string[], stdin = '', cwd?: string): Promise<ProgramOutcome> {
  const child = startProgram(argv, cwd);
  child.stdin.end(stdin);
  return outcomeOf(child);
}
