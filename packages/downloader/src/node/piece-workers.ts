import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DownloadError } from '../error.ts';
import type { PieceJob, PieceReply, PieceRequest, PieceWorkerData } from './piece-worker-protocol.ts';

/** Jobs a worker has waiting before another one is started. */
const QUEUE_LENGTH = 4;
const MAX_WORKERS = 4;

// '#piece-worker' is piece-worker.ts for our own runs and piece-worker.js for users: see "imports" in package.json.
const workerUrl = new URL(import.meta.resolve('#piece-worker'));

interface Waiting {
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: unknown) => void;
}

interface Hand {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** Threads that hash, read and write, so that neither a hash nor a disk holds up the network. Started as work piles up. */
export class PieceWorkers {
  readonly #data: PieceWorkerData;
  readonly #maxWorkers: number;
  readonly #hands: Hand[] = [];
  #nextId = 0;
  #isClosed = false;

  constructor(data: PieceWorkerData, maxWorkers: number = Math.min(availableParallelism(), MAX_WORKERS)) {
    this.#data = data;
    this.#maxWorkers = maxWorkers;
  }

  /** How many jobs keep every thread busy. */
  get capacity(): number {
    return this.#maxWorkers * QUEUE_LENGTH;
  }

  /**
   * Does a job on the thread with the least to do.
   *
   * @returns For a piece, whether it is right.
   * @throws {DownloadError} what the file system reports; `WORKER_FAILED`
   */
  async run(job: PieceJob): Promise<boolean> {
    const hand = this.#choose();
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      hand.waiting.set(id, { resolve, reject });
      hand.worker.postMessage({ id, job } satisfies PieceRequest);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#hands.splice(0).map(async ({ worker }) => worker.terminate()));
  }

  #choose(): Hand {
    if (this.#isClosed) throw new DownloadError({ code: 'WORKER_FAILED' });
    let best: Hand | undefined;
    for (const hand of this.#hands)
      if (best === undefined || hand.waiting.size < best.waiting.size) best = hand;
    if (best !== undefined && (best.waiting.size < QUEUE_LENGTH || this.#hands.length >= this.#maxWorkers))
      return best;
    return this.#hire();
  }

  #hire(): Hand {
    const worker = new Worker(workerUrl, { workerData: this.#data });
    const hand: Hand = { worker, waiting: new Map() };
    worker.on('message', (reply: PieceReply) => settle(hand, reply));
    const fail = (cause?: unknown): void => {
      this.#hands.splice(0, this.#hands.length, ...this.#hands.filter((other) => other !== hand));
      const error = new DownloadError({ code: 'WORKER_FAILED' }, { cause });
      for (const { reject } of hand.waiting.values()) reject(error);
      hand.waiting.clear();
    };
    worker.on('error', fail);
    worker.on('exit', () => fail());
    this.#hands.push(hand);
    return hand;
  }
}

function settle(hand: Hand, reply: PieceReply): void {
  const waiting = hand.waiting.get(reply.id);
  hand.waiting.delete(reply.id);
  if (reply.type === 'done') waiting?.resolve(reply.isRight);
  else waiting?.reject(new DownloadError(reply.detail));
}
