import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { waitFor } from '@millrace/interop/wait-for';

/** What a rival notes beside the payload. */
const NOTES = /\.(?:aria2|torrent)$/u;
const LOOK_EVERY_MS = 2;
const TIMEOUT_MS = 60_000;

/** Starts a program and returns the seconds until the first bytes of a payload are in `folder`; it is killed then. */
export async function secondsToFirstBytes(
  name: string,
  [program = '', ...args]: readonly string[],
  folder: string,
): Promise<number> {
  const startMs = performance.now();
  await using child = await ManagedProcess.start(name, program, args);
  await waitFor(
    `${name} to write something`,
    () => {
      if (hasBytes(folder)) return true;
      child.assertRunning();
      return false;
    },
    { everyMs: LOOK_EVERY_MS, timeoutMs: TIMEOUT_MS },
  );
  return (performance.now() - startMs) / 1_000;
}

function hasBytes(folder: string): boolean {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.some((name) => !NOTES.test(name) && isWritten(join(folder, name)));
}

function isWritten(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.blocks > 0;
}
