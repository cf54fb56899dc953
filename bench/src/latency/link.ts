import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { isInPath } from '@millrace/interop/requirements';
import { waitFor } from '@millrace/interop/wait-for';

const SCRIPT = join(import.meta.dirname, 'link.py');

export const NEAR_HOST = '10.99.0.1';
export const FAR_HOST = '10.99.0.2';

export interface LinkModel {
  readonly rttMs: number;
  /** Of IP packets, each way. */
  readonly bytesPerSecond: number;
  /** Share of packets that are lost, each way: 0 to 1. */
  readonly loss: number;
}

/** What came from the far end since the last report. */
export interface LinkReport {
  /** From the first full packet's arrival to the last one's. */
  readonly seconds: number;
  readonly packets: number;
  /** Packets that found the queue full. */
  readonly overflowed: number;
  readonly lost: number;
}

/** Two network namespaces that reach each other through a link, and nothing else. */
export interface Link extends AsyncDisposable {
  /** Commands that run the one that follows them in a namespace, with {@link NEAR_HOST} or {@link FAR_HOST}. */
  readonly near: readonly string[];
  readonly far: readonly string[];
  /** Tells what came since the last report. The same losses begin again: who comes next has no better luck. */
  takeReport(): Promise<LinkReport>;
  /** After the next report, other packets are lost. */
  changeLosses(): void;
}

/**
 * Opens a link whose queues hold what is under way in one round trip.
 *
 * @throws {Error} saying what is missing, if this system or this user cannot make one.
 */
export async function openLink({ rttMs, bytesPerSecond, loss }: LinkModel): Promise<Link> {
  assertPossible();
  const isRoot = process.getuid?.() === 0;
  const owner = isRoot ? [] : ['--user', '--map-root-user'];
  const queueBytes = Math.round((bytesPerSecond * rttMs) / 1000);
  const script = [SYSTEM_PYTHON, SCRIPT, ...[rttMs, bytesPerSecond, queueBytes, loss].map(String)];
  const lines: string[] = [];
  const relay = await ManagedProcess.start('link', 'unshare', [...owner, '--net', ...script], {
    onLine: (line) => lines.push(line),
  });
  await using stack = new AsyncDisposableStack();
  stack.use(relay);
  const takeLine = () =>
    waitFor('the link', () => {
      if (!relay.isRunning) throw cannotOpen(relay.log);
      return lines.shift();
    });
  const { farPid } = JSON.parse(await takeLine());
  const enter = (pid: number) => [
    'nsenter',
    `--target=${pid}`,
    '--net',
    ...(isRoot ? [] : ['--user', '--preserve-credentials']),
  ];
  const owned = stack.move();
  return {
    near: enter(relay.pid),
    far: enter(Number(farPid)),
    takeReport: async () => {
      relay.signal('SIGUSR1');
      return JSON.parse(await takeLine());
    },
    changeLosses: () => relay.signal('SIGUSR2'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function assertPossible(): void {
  const missing = ['unshare', 'nsenter', 'ip', SYSTEM_PYTHON].filter(
    (name) => !isInPath(name) && !existsSync(name),
  );
  if (!existsSync('/dev/net/tun')) missing.push('/dev/net/tun');
  if (missing.length > 0) throw new Error(`Cannot open a link: missing: ${missing.join(', ')}`);
}

function cannotOpen(log: string): Error {
  const needed = 'it takes root, or a system that lets others make namespaces and TUN devices';
  return new Error(`Cannot open a link: ${needed}\n${log}`);
}
