import { join } from 'node:path';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { waitFor } from '@millrace/interop/wait-for';

const PROGRAM = join(import.meta.dirname, 'zero-seeder-process.ts');

/** What the peers were asked for and sent so far, all together. */
export interface SeederReport {
  readonly requestedLength: number;
  /** What the system has taken from them, with the headers. */
  readonly sentLength: number;
}

/** Peers that send zeros, in a process of their own. */
export class ZeroSeeder implements AsyncDisposable {
  /** The newest report: a quarter of a second old at most. */
  report: SeederReport = { requestedLength: 0, sentLength: 0 };
  readonly #process: ManagedProcess;
  readonly #ports: readonly number[];

  static async start(torrent: string, peerCount: number): Promise<ZeroSeeder> {
    let seeder: ZeroSeeder | undefined;
    let ports: readonly number[] | undefined;
    const onLine = (line: string): void => {
      const told: { ports?: readonly number[] } & SeederReport = JSON.parse(line);
      if (told.ports === undefined && seeder !== undefined) seeder.report = told;
      ports ??= told.ports;
    };
    const args = [PROGRAM, torrent, `${peerCount}`];
    const process = await ManagedProcess.start('zero seeder', globalThis.process.execPath, args, { onLine });
    seeder = new ZeroSeeder(process, await waitFor('the seeder to listen', () => ports));
    return seeder;
  }

  private constructor(process: ManagedProcess, ports: readonly number[]) {
    this.#process = process;
    this.#ports = ports;
  }

  /** Where the peers listen: `host:port` each. */
  get addresses(): readonly string[] {
    return this.#ports.map((port) => `127.0.0.1:${port}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
