import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SYSTEM_PYTHON } from '@millrace/interop/libtorrent-seeder';
import { ManagedProcess } from '@millrace/interop/managed-process';

const SCRIPT = join(import.meta.dirname, 'measure.py');

/** What one program took, alone: not its peer, not this process. */
export interface Measurement {
  readonly wallSeconds: number;
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Largest resident memory, with the files it has mapped. */
  readonly peakBytes: number;
  /** The same without mapped files. */
  readonly peakAnonymousBytes: number;
}

/**
 * Runs `command` to its end and measures it. `scratch` is a file that may be overwritten.
 *
 * @throws {Error} with its last lines, if it fails or takes more than ten minutes.
 */
export async function measure(
  name: string,
  command: readonly string[],
  scratch: string,
): Promise<Measurement> {
  await using wrapper = await ManagedProcess.start(name, SYSTEM_PYTHON, [SCRIPT, scratch, ...command]);
  const timer = setTimeout(() => wrapper.signal('SIGKILL'), 600_000);
  const { code } = await wrapper.exit;
  clearTimeout(timer);
  const result = new Map<string, unknown>(
    code === 0 ? Object.entries(JSON.parse(await readFile(scratch, 'utf8'))) : [],
  );
  if (result.get('exitCode') !== 0) {
    throw new Error(
      `Cannot measure ${name}: it ended with ${String(result.get('exitCode'))}\n${wrapper.log}`,
    );
  }
  const number = (key: string) => Number(result.get(key));
  return {
    wallSeconds: number('wallSeconds'),
    cpuSeconds: number('userSeconds') + number('systemSeconds'),
    userSeconds: number('userSeconds'),
    systemSeconds: number('systemSeconds'),
    peakBytes: number('peakBytes'),
    peakAnonymousBytes: number('peakAnonymousBytes'),
  };
}
