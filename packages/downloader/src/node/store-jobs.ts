import { availableParallelism } from 'node:os';
import { hashOf } from '../storage/verifying-store.ts';
import { JobPlace } from './job-place.ts';
import { PieceJobs, type PieceJob, type PieceJobsData } from './piece-jobs.ts';
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
   * Does a job: at once on the calling thread, without a promise that would cost as much as all else but the job.
   *
   * @throws {DownloadError} what the file system reports; `WORKER_FAILED`, also when it is closed.
   */
  run(job: PieceJob): JobResult | Promise<JobResult> {
    if (this.#isClosed || !this.#place.isHere) return this.#workers.run(job); // when closed, they refuse it
    const startMs = performance.now();
    const isRight = this.#here.run(job);
    this.#place.done(startMs, performance.now());
    return { isRight };
  }

  /** Verifies a piece, the first `length` bytes of a memory that may be moved, and writes it. @throws What {@link run} does. */
  commit(index: number, memory: ArrayBuffer, length: number): JobResult | Promise<JobResult> {
    return this.run({ type: 'commit', index, hash: this.#hash(index), memory, length });
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
    this.#here.close();
    await this.#workers.close();
  }

  #hash(index: number): Uint8Array {
    return hashOf(index, this.#pieceHashes);
  }
}
