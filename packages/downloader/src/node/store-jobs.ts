import { availableParallelism } from 'node:os';
import { hashOf } from '../storage/verifying-store.ts';
import { CommitBatch, type Settlement } from './commit-batch.ts';
import { JobPlace } from './job-place.ts';
import { PieceJobs, type CommitJob, type PieceJob, type PieceJobsData } from './piece-jobs.ts';
import type { JobResult } from './piece-thread.ts';
import { PieceWorkers } from './piece-workers.ts';
import { utilizationMeter } from './utilization-meter.ts';

/** Decides where jobs are done. */
export type Place = Pick<JobPlace, 'isHere' | 'done'>;

export interface StoreJobsOptions {
  readonly data: PieceJobsData;
  readonly pieceHashes: Uint8Array;
  /** Bytes in the longest piece. */
  readonly maxPieceLength: number;
  /** @defaultValue one that knows this machine */
  readonly place?: Place | undefined;
}

export interface CheckOptions {
  /** Whether some of its bytes are in the parts folder. */
  readonly hasSpares: boolean;
  /** Whether its files are opened anew. */
  readonly isAnew?: boolean;
}

/** Does the jobs of a store: on the calling thread as long as that does not hold it up, on worker threads after that. */
export class StoreJobs {
  readonly #pieceHashes: Uint8Array;
  readonly #place: Place;
  readonly #here: PieceJobs;
  readonly #batch = new CommitBatch((jobs) => this.#timed(() => this.#here.commitAll(jobs)));
  readonly #workers: PieceWorkers;
  #isClosed = false;

  constructor({ data, pieceHashes, maxPieceLength: pieceLength, place }: StoreJobsOptions) {
    const cores = availableParallelism();
    const utilization = utilizationMeter();
    this.#pieceHashes = pieceHashes;
    this.#place = place ?? new JobPlace({ pieceLength, cores, utilization });
    this.#here = new PieceJobs(data);
    this.#workers = new PieceWorkers(data, cores);
  }

  /** How many checks at once keep every core busy. */
  get capacity(): number {
    return this.#workers.capacity;
  }

  /**
   * Does a job.
   *
   * @throws {DownloadError} what the file system reports; `WORKER_FAILED`, also when it is closed.
   */
  async run(job: PieceJob): Promise<JobResult> {
    if (!this.#isHere) return this.#workers.run(job);
    return { isRight: this.#timed(() => this.#here.run(job)) };
  }

  /** Verifies a piece, which begins where memory begins that may be moved, and writes it. Rejects with what {@link run} throws. */
  commit(index: number, bytes: Uint8Array<ArrayBuffer>, settlement: Settlement): void {
    const job: CommitJob = { type: 'commit', index, hash: this.#hash(index), bytes };
    if (this.#isHere) this.#batch.commit(job, settlement);
    else this.#workers.run(job).then(settlement.resolve, settlement.reject);
  }

  /** Answers whether a piece is there and right. Workers look, on every core. @throws What {@link run} does. */
  async check(index: number, options: CheckOptions): Promise<boolean> {
    const { isRight } = await this.#workers.run({
      type: 'check',
      index,
      hash: this.#hash(index),
      ...options,
    });
    return isRight;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#batch.flush();
    this.#here.close();
    await this.#workers.close();
  }

  /** Whether jobs are done on the calling thread. When it is closed, workers refuse them. */
  get #isHere(): boolean {
    return !this.#isClosed && this.#place.isHere;
  }

  #timed<T>(job: () => T): T {
    const startMs = performance.now();
    const result = job();
    this.#place.done(startMs, performance.now());
    return result;
  }

  #hash(index: number): Uint8Array {
    return hashOf(index, this.#pieceHashes);
  }
}
