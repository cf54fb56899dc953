import type { Worker } from 'node:worker_threads';
import { DownloadError } from '../error.ts';
import type { PieceJob, PieceJobsData } from './piece-jobs.ts';
import type { PieceReply, PieceRequest } from './piece-worker-protocol.ts';

// '#piece-worker' is piece-worker.ts for our own runs and piece-worker.js for users: see "imports" in package.json.
const workerUrl = (): URL => new URL(import.meta.resolve('#piece-worker'));
/**
 * A worker takes over the process's flags, but refuses the one that is about a script given as text; only then it is
 * told which of them to keep, since others are not for workers either.
 */
const flags = process.execArgv.some((flag) => flag.startsWith('--input-type'))
  ? { execArgv: process.execArgv.filter((flag) => flag.startsWith('--conditions')) }
  : {};

/** What came of a job. */
export interface JobResult {
  /** For a piece, whether it is right. */
  readonly isRight: boolean;
  /** The memory of a commit, back from where it was moved to. */
  readonly memory?: ArrayBuffer;
}

interface Waiting {
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: unknown) => void;
}

/** One worker thread: hands it jobs and settles them as it answers. */
export class PieceThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  /** @param onEnd - Told once, when the thread has ended by itself; its jobs have failed by then. */
  constructor(data: PieceJobsData, onEnd: (thread: PieceThread) => void) {
    // Loaded here: most downloads need no thread.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    this.#worker = new Worker(workerUrl(), { workerData: data, ...flags });
    this.#worker.on('message', (reply: PieceReply) => this.#settle(reply));
    const end = (cause?: unknown): void => {
      onEnd(this);
      const found = cause instanceof Error ? `failed with ${JSON.stringify(cause.message)}` : 'ended';
      const error = new DownloadError({ code: 'WORKER_FAILED', found }, { cause });
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    this.#worker.on('error', end);
    this.#worker.on('exit', () => end());
  }

  /** Jobs that are not done yet. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Does a job. The memory of a commit is moved to the thread and back: nobody has it twice. */
  async run(job: PieceJob): Promise<JobResult> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // A hash is a view of all hashes, and all of them would be copied.
      const own = 'hash' in job ? { ...job, hash: job.hash.slice() } : job;
      const moved = job.type === 'commit' ? [job.bytes.buffer] : [];
      this.#worker.postMessage({ id, job: own } satisfies PieceRequest, moved);
    });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: PieceReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === 'done') waiting?.resolve(reply);
    else waiting?.reject(new DownloadError(reply.detail));
  }
}
