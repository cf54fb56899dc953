import { join } from 'node:path';
import { ManagedProcess } from '@millrace/interop/managed-process';
import { waitFor } from '@millrace/interop/wait-for';
import type { PeerReport } from './crowd-connection.ts';

const PROGRAM = join(import.meta.dirname, 'crowd-process.ts');

/** What a crowd did, from the moment when all unchoked to when the last was hung up on. */
export interface CrowdReport {
  readonly transferSeconds: number;
  /** User and system time of the crowd's process. */
  readonly cpuSeconds: number;
  readonly peers: readonly PeerReport[];
}

export interface CrowdOptions {
  readonly payload: string;
  readonly size: number;
  readonly pieceLength: number;
  readonly count: number;
  /** Bytes a second that they send together; 0 is as many as they can. */
  readonly rate: number;
}

/** Scripted seeders in a process of their own, for one download. */
export class Crowd implements AsyncDisposable {
  readonly #process: ManagedProcess;
  readonly #lines: string[];
  readonly #count: number;

  static async start({ payload, size, pieceLength, count, rate }: CrowdOptions): Promise<Crowd> {
    const lines: string[] = [];
    const args = [PROGRAM, payload, `${size}`, `${pieceLength}`, `${count}`, `${rate}`];
    const crowd = new Crowd(
      await ManagedProcess.start('crowd', process.execPath, args, { onLine: (line) => lines.push(line) }),
      lines,
      count,
    );
    await crowd.#line(0);
    return crowd;
  }

  private constructor(program: ManagedProcess, lines: string[], count: number) {
    this.#process = program;
    this.#lines = lines;
    this.#count = count;
  }

  /** Where they listen: `host:port` each. */
  async addresses(): Promise<readonly string[]> {
    const { port } = JSON.parse(await this.#line(0));
    return Array.from(
      { length: this.#count },
      (_, at) => `127.0.${1 + (at >> 7)}.${1 + (at & 0x7f)}:${port}`,
    );
  }

  /** Resolves when the download is over. */
  async report(): Promise<CrowdReport> {
    return JSON.parse(await this.#line(1));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  async #line(at: number): Promise<string> {
    return waitFor(
      'the crowd to answer',
      () => {
        if (this.#lines[at] === undefined) this.#process.assertRunning();
        return this.#lines[at];
      },
      { timeoutMs: 60_000 },
    );
  }
}
