import { DownloadError } from '../error.ts';
import type { PieceJob, PieceJobsData } from './piece-jobs.ts';
import { PieceThread, type JobResult } from './piece-thread.ts';

/** Jobs a thread has waiting before another one is started. */
const QUEUE_LENGTH = 4;
const MAX_WORKERS = 4;

/** Threads that hash, read and write, so that neither a hash nor a disk holds up the network. Started as work piles up. */
export class PieceWorkers {
  readonly #data: PieceJobsData;
  /** Threads for work that has every core to itself: checking what is there. */
  readonly #maxWorkers: number;
  readonly #threads = new Set<PieceThread>();
  #isClosed = false;

  /** @param cores - How many things can be done at once. */
  constructor(data: PieceJobsData, cores: number) {
    this.#data = data;
    this.#maxWorkers = Math.min(cores, MAX_WORKERS);
  }

  /** How many jobs keep every thread busy. */
  get capacity(): number {
    return this.#maxWorkers * QUEUE_LENGTH;
  }

  /**
   * Does a job on the thread with the least to do.
   *
   * @throws {DownloadError} what the file system reports; `WORKER_FAILED`
   */
  async run(job: PieceJob): Promise<JobResult> {
    // While pieces are committed, one core is the network thread's own.
    const maxThreads = job.type === 'check' ? this.#maxWorkers : Math.max(1, this.#maxWorkers - 1);
    return this.#choose(maxThreads).run(job);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #choose(maxThreads: number): PieceThread {
    if (this.#isClosed) throw new DownloadError({ code: 'WORKER_FAILED', found: 'was closed' });
    let best: PieceThread | undefined;
    for (const thread of this.#threads) if (best === undefined || thread.load < best.load) best = thread;
    const isFree = best !== undefined && best.load < QUEUE_LENGTH;
    if (best !== undefined && (isFree || this.#threads.size >= maxThreads)) return best;
    const hired = new PieceThread(this.#data, (ended) => this.#threads.delete(ended));
    this.#threads.add(hired);
    return hired;
  }
}
