import { Worker } from 'node:worker_threads';
import { DownloadError } from '../error.ts';
import type { PieceJob, PieceReply, PieceRequest, PieceWorkerData } from './piece-worker-protocol.ts';

// '#piece-worker' is piece-worker.ts for our own runs and piece-worker.js for users: see "imports" in package.json.
const workerUrl = new URL(import.meta.resolve('#piece-worker'));

/**
 * A worker takes over the process's flags, but refuses the one that is about a script given as text; only then it is
 * told which of them to keep, since others are not for workers either.
 */
const flags = process.execArgv.some((flag) => flag.startsWith('--input-type'))
  ? { execArgv: process.execArgv.filter((flag) => flag.startsWith('--conditions')) }
  : {};

interface Waiting {
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** One worker thread: hands it jobs and settles them as it answers. */
export class PieceThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** The memories that the worker knows, by the number it knows them by. */
  readonly #memoryIds = new Map<SharedArrayBuffer, number>();
  #nextId = 0;

  /** @param onEnd - Told once, when the thread has ended by itself; its jobs have failed by then. */
  constructor(data: PieceWorkerData, onEnd: (thread: PieceThread) => void) {
    this.#worker = new Worker(workerUrl, { workerData: data, ...flags });
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

  /** Does a job. Answers, for a piece, whether it is right. */
  async run(job: PieceJob): Promise<boolean> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, job } satisfies PieceRequest);
    });
  }

  /** Verifies and writes a piece. `bytes` begins where its memory begins; it must not change until this settles. */
  async commit(index: number, bytes: Uint8Array<SharedArrayBuffer>): Promise<boolean> {
    const known = this.#memoryIds.get(bytes.buffer);
    const memoryId = known ?? this.#memoryIds.size;
    this.#memoryIds.set(bytes.buffer, memoryId);
    const memory = known === undefined ? bytes.buffer : undefined;
    return this.run({ type: 'commit', index, length: bytes.length, memoryId, memory });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: PieceReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === 'done') waiting?.resolve(reply.isRight);
    else waiting?.reject(new DownloadError(reply.detail));
  }
}
