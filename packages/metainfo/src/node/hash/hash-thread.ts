import type { Worker } from 'node:worker_threads';
import type { FileTrouble } from './hash-job.ts';
import type { HashWorkerData, HashWorkerMessage } from './hash-worker.ts';

// '#hash-worker' is hash-worker.ts for our own runs and hash-worker.js for users: see "imports" in package.json.
const workerUrl = (): URL => new URL(import.meta.resolve('#hash-worker'));
/** A worker takes over the process's flags, but refuses the one that is about a script given as text. */
const flags = process.execArgv.some((flag) => flag.startsWith('--input-type'))
  ? { execArgv: process.execArgv.filter((flag) => flag.startsWith('--conditions')) }
  : {};

/** One worker thread that takes part in a job. */
export class HashThread {
  /** Resolves when it has done its part; rejects if it ended before. */
  readonly done: Promise<void>;
  readonly #worker: Worker;

  /** @param data - What the thread is about, its number among all that take part included. */
  constructor(data: HashWorkerData, onTrouble: (trouble: FileTrouble) => void) {
    // Loaded here: most work is too little for more than one thread.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const worker = new Worker(workerUrl(), { workerData: data, ...flags });
    this.#worker = worker;
    this.done = new Promise((resolve, reject) => {
      worker.on('message', (message: HashWorkerMessage) => {
        if (message === 'done') resolve();
        else onTrouble(message);
      });
      worker.on('error', reject);
      worker.on('exit', () =>
        reject(new Error('Cannot hash pieces: a worker thread ended, expected it to go on')),
      );
    });
    this.done.catch(() => {}); // nobody may be waiting for it: a thread that has taken nothing is not needed
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
