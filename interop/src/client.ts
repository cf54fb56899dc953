import { dirname } from 'node:path';
import { freePort } from './free-port.ts';
import { ManagedProcess, type ExitStatus } from './managed-process.ts';
import { isMillraceBuilt, MILLRACE } from './millrace.ts';
import { runProgram } from './run-program.ts';

/** What a client told about its download; only millrace tells anything. */
export type ClientEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

export interface ClientRun {
  readonly process: ManagedProcess;
  readonly events: readonly ClientEvent[];
  /** Waits for its own end; one that takes longer is killed and counts as failed. */
  finished(timeoutMs?: number): Promise<ExitStatus>;
}

/** The client under test, which downloads. */
export interface Client {
  readonly name: 'millrace' | 'aria2';
  /** A program it needs and that is not there. */
  readonly missing: string | undefined;
  /**
   * Starts a download of `torrent` to the file or folder `target`, which is named as the torrent says.
   *
   * @param flags - More of millrace's; the other has none.
   */
  download(torrent: string, target: string, flags?: readonly string[]): Promise<ClientRun>;
  /** @returns The info hash as 40 hex digits. */
  infoHash(torrent: string): Promise<string>;
}

const millrace: Client = {
  name: 'millrace',
  missing: isMillraceBuilt ? undefined : 'apps/cli/dist/bin.js (pnpm build makes it)',
  download: (torrent, target, flags = []) =>
    startRun('millrace', process.execPath, [MILLRACE, 'download', '--json', '-o', target, ...flags, torrent]),
  infoHash: async (torrent) => {
    const lines = await runProgram(process.execPath, [MILLRACE, 'info', torrent]);
    return /^Info Hash: ([0-9a-f]{40})$/mu.exec(lines)?.[1] ?? lines;
  },
};

/** Stands in for millrace, to tell a fault of the harness from one of ours. */
const aria2: Client = {
  name: 'aria2',
  missing: undefined,
  download: async (torrent, target) =>
    startRun('aria2', 'aria2c', [
      '--no-conf=true',
      `--dir=${dirname(target)}`,
      `--listen-port=${await freePort()}`,
      '--seed-time=0',
      '--check-integrity=true',
      '--allow-overwrite=true',
      '--file-allocation=none',
      '--enable-dht=false',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--show-console-readout=false',
      '--summary-interval=0',
      torrent,
    ]),
  infoHash: async (torrent) => {
    const lines = await runProgram('aria2c', ['--no-conf=true', '--show-files=true', torrent]);
    return /^Info Hash: ([0-9a-f]{40})$/mu.exec(lines)?.[1] ?? lines;
  },
};

/** millrace, unless the environment says `INTEROP_CLIENT=aria2`. */
export const client: Client = process.env['INTEROP_CLIENT'] === 'aria2' ? aria2 : millrace;

/** Starts any command of millrace. */
export function startMillrace(args: readonly string[]): Promise<ClientRun> {
  return startRun('millrace', process.execPath, [MILLRACE, ...args]);
}

async function startRun(name: string, command: string, args: readonly string[]): Promise<ClientRun> {
  const events: ClientEvent[] = [];
  const process = await ManagedProcess.start(name, command, args, {
    onLine: (line) => {
      const event: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
      if (isEvent(event)) events.push(event);
    },
  });
  return {
    process,
    events,
    finished: async (timeoutMs = 45_000) => {
      const timer = setTimeout(() => process.signal('SIGKILL'), timeoutMs);
      const status = await process.exit;
      clearTimeout(timer);
      return status;
    },
  };
}

function isEvent(value: unknown): value is ClientEvent {
  return typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string';
}
