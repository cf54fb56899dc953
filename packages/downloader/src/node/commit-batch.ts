import type { CommitJob } from './piece-jobs.ts';
import type { JobResult } from './piece-thread.ts';

interface Waiting {
  readonly job: CommitJob;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Commits pieces. Returns for each whether it was right, and so was written, or why it could not be written. */
export type CommitAll = (jobs: readonly CommitJob[]) => readonly (boolean | Error)[];

/** Bytes of pieces that wait for each other: with more, the first would be out of the core's cache. */
const MAX_LENGTH = 1024 * 1024;

/**
 * Collects the pieces that become complete while one batch of reads is taken in, and commits them together: what is done
 * to a file before and after it is written to is then done once for all of them. None waits for longer than that.
 */
export class CommitBatch {
  readonly #commitAll: CommitAll;
  #waiting: Waiting[] = [];
  #length = 0;
  #timer: NodeJS.Immediate | undefined;

  constructor(commitAll: CommitAll) {
    this.#commitAll = commitAll;
  }

  /** Commits a piece, soon. @throws what the file system reports. */
  async commit(job: CommitJob): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      this.#length += job.length;
      if (this.#length >= MAX_LENGTH) this.flush();
      else this.#timer ??= setImmediate(() => this.flush());
    });
  }

  /** Commits what waits, now. */
  flush(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#length = 0;
    try {
      const outcomes = this.#commitAll(waiting.map(({ job }) => job));
      for (const [at, { resolve, reject }] of waiting.entries()) {
        const outcome = outcomes[at];
        if (typeof outcome === 'boolean') resolve({ isRight: outcome });
        else reject(outcome);
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
