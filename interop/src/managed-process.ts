import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** Gets each line of standard output, without its end. */
  readonly onLine?: (line: string) => void;
}

const LOG_LINES = 200;
const running = new Set<ManagedProcess>();

// A run that is cut short (Ctrl-C, a crash of the test runner) must leave nothing behind.
process.once('exit', () => {
  for (const child of running) child.signal('SIGKILL');
});

/** A program that runs for as long as its owner wants, and whose last lines are kept for the report of a failure. */
export class ManagedProcess implements AsyncDisposable {
  readonly name: string;
  readonly exit: Promise<ExitStatus>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #lines: string[] = [];

  /** @throws {Error} if the program cannot be started. */
  static async start(
    name: string,
    command: string,
    args: readonly string[],
    options: ProcessOptions = {},
  ): Promise<ManagedProcess> {
    const child = spawn(command, args, {
      cwd: options.cwd ?? '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment(),
    });
    await once(child, 'spawn');
    return new ManagedProcess(name, child, options);
  }

  private constructor(
    name: string,
    child: ChildProcessByStdio<null, Readable, Readable>,
    options: ProcessOptions,
  ) {
    this.name = name;
    this.#child = child;
    running.add(this);
    this.#collect(child.stdout, options.onLine);
    this.#collect(child.stderr);
    this.exit = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        running.delete(this);
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it printed last, each line with the name in front. */
  get log(): string {
    return this.#lines.map((line) => `[${this.name}] ${line}`).join('\n');
  }

  /** @throws {Error} with the log, if the program has ended. */
  assertRunning(): void {
    if (this.isRunning) return;
    const { exitCode, signalCode } = this.#child;
    throw new Error(`Cannot go on: ${this.name} has ended with ${exitCode ?? signalCode}\n${this.log}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills it, if it still runs, and waits until it is gone. */
  async kill(): Promise<ExitStatus> {
    this.signal('SIGKILL');
    return this.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #collect(stream: Readable, onLine?: (line: string) => void): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.#lines.push(line);
      if (this.#lines.length > LOG_LINES) this.#lines.shift();
      onLine?.(line);
    });
  }
}

/** What clients remember is not to be found among what the caller's own remember. */
const home = mkdtempSync(join(tmpdir(), 'millrace-interop-home-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

/** The caller's environment without what would change how a client behaves: proxies, test runners, what is remembered. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const unwanted = /_proxy$|^(NODE_OPTIONS|NODE_ENV|FORCE_COLOR)$|^VITEST/iu;
  const kept = Object.entries(process.env).filter(([key]) => !unwanted.test(key));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C.UTF-8',
    XDG_STATE_HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
  };
}
