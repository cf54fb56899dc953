import { availableParallelism } from 'node:os';
import { DownloadError } from '../error.ts';
import { PieceThread } from './piece-thread.ts';
import type { PieceJob, PieceWorkerData } from './piece-worker-protocol.ts';

/** Jobs a thread has waiting before another one is started. */
const QUEUE_LENGTH = 4;
const MAX_WORKERS = 4;

/** Threads that hash, read and write, so that neither a hash nor a disk holds up the network. Started as work piles up. */
export class PieceWorkers {
  readonly #data: PieceWorkerData;
  /** Threads for work that has every core to itself: checking what is there. */
  readonly #maxWorkers: number;
  readonly #threads = new Set<PieceThread>();
  #isClosed = false;

  constructor(data: PieceWorkerData, maxWorkers: number = Math.min(availableParallelism(), MAX_WORKERS)) {
    this.#data = data;
    this.#maxWorkers = maxWorkers;
  }

  /** Threads beside a busy network thread: one core is its own. */
  get #maxCommitters(): number {
    return Math.max(1, this.#maxWorkers - 1);
  }

  /** How many jobs keep every thread busy. */
  get capacity(): number {
    return this.#maxWorkers * QUEUE_LENGTH;
  }

  /** Makes memory for a piece that {@link commit} takes as it is. */
  allocate(length: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(new SharedArrayBuffer(length));
  }

  /**
   * Does a job on the thread with the least to do.
   *
   * @returns For a piece, whether it is right.
   * @throws {DownloadError} what the file system reports; `WORKER_FAILED`
   */
  async run(job: PieceJob): Promise<boolean> {
    return this.#choose(this.#maxWorkers).run(job);
  }

  /** Verifies and writes a piece, as {@link run} does a job. Bytes that are not in memory of {@link allocate} are copied first. */
  async commit(index: number, bytes: Uint8Array): Promise<boolean> {
    return this.#choose(this.#maxCommitters).commit(index, isShared(bytes) ? bytes : this.#copy(bytes));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #copy(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
    const copy = this.allocate(bytes.length);
    copy.set(bytes);
    return copy;
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

function isShared(bytes: Uint8Array): bytes is Uint8Array<SharedArrayBuffer> {
  return bytes.buffer instanceof SharedArrayBuffer && bytes.byteOffset === 0;
}
