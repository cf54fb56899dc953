import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ManagedProcess } from './managed-process.ts';

/** The program as it is built. */
export const MILLRACE: string = join(import.meta.dirname, '../../apps/cli/dist/bin.js');

export const isMillraceBuilt: boolean = existsSync(MILLRACE);

/** How a run ended, and what it printed. */
export interface MillraceRun {
  /** `null` if it was killed: it took too long. */
  readonly code: number | null;
  readonly out: readonly string[];
  /** Both streams, as they came; for messages. */
  readonly log: string;
}

/** Runs one command of millrace to its end; one that takes longer is killed. */
export async function runMillrace(args: readonly string[], timeoutMs = 45_000): Promise<MillraceRun> {
  const out: string[] = [];
  const child = await ManagedProcess.start('millrace', process.execPath, [MILLRACE, ...args], {
    onLine: (line) => out.push(line),
  });
  const timer = setTimeout(() => child.signal('SIGKILL'), timeoutMs);
  const { code } = await child.exit;
  clearTimeout(timer);
  return { code, out, log: child.log };
}
