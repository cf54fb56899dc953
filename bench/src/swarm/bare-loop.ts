import { join } from 'node:path';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { waitFor } from '@millrace/interop/wait-for';
import type { Contestant } from '../contestant.ts';

const SENDER = join(import.meta.dirname, '../bare-sender.ts');
const RECEIVER = join(import.meta.dirname, '../bare-receiver.ts');

export interface BareLoopOptions {
  /** The file or folder to send. */
  readonly payload: string;
  /** A file that lists the payload's files: JSON. */
  readonly manifest: string;
  readonly pieceLength: number;
}

export interface BareLoop extends AsyncDisposable {
  readonly contestant: Contestant;
}

/** Starts the sender of what is no rival but the floor: receive, hash, write. */
export async function startBareLoop({ payload, manifest, pieceLength }: BareLoopOptions): Promise<BareLoop> {
  let port = 0;
  const sender = await ManagedProcess.start('bare sender', process.execPath, [SENDER, payload, manifest], {
    onLine: (line) => {
      port = Number(/"port":(\d+)/u.exec(line)?.[1]);
    },
  });
  await waitFor('the bare sender to listen', () => {
    sender.assertRunning();
    return port > 0;
  });
  return {
    contestant: {
      name: 'bare loop',
      isAvailable: true,
      command: ({ target }) =>
        Promise.resolve([process.execPath, RECEIVER, `${port}`, `${pieceLength}`, target, manifest]),
    },
    [Symbol.asyncDispose]: () => sender[Symbol.asyncDispose](),
  };
}
