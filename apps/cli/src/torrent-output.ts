import type { Context } from './context.ts';
import { UsageError } from './usage-error.ts';

/** Options of commands that write a torrent. */
export interface TorrentOutputFlags {
  readonly output?: string;
  readonly stdout?: boolean;
  readonly overwrite?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** @throws {UsageError} if options contradict each other, or a torrent would be written to a terminal. */
export function checkOutput({ stdout, output, json }: TorrentOutputFlags, { terminal }: Context): void {
  if (stdout !== true) return;
  if (output !== undefined || json === true) {
    throw new UsageError('Cannot write a torrent: --stdout goes with neither --output nor --json');
  }
  if (terminal.stdout.isTerminal) {
    throw new UsageError('Cannot write a torrent to a terminal: send standard output to a file or a program');
  }
}

export function mayReplace({ overwrite, force }: TorrentOutputFlags): boolean {
  return overwrite === true || force === true;
}
