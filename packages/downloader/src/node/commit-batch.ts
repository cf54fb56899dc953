import type { CommitJob } from './piece-jobs.ts';
import type { JobResult } from './piece-thread.ts';

/** Told, once, what came of a job. Neither throws. */
export interface Settlement {
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting {
  readonly job: CommitJob;
  readonly settlement: Settlement;
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
  #isDue = false;

  constructor(commitAll: CommitAll) {
    this.#commitAll = commitAll;
  }

  /** Commits a piece, soon. Rejects with what the file system reports. */
  commit(job: CommitJob, settlement: Settlement): void {
    this.#waiting.push({ job, settlement });
    this.#length += job.bytes.length;
    if (this.#length >= MAX_LENGTH) this.flush();
    else if (!this.#isDue) {
      this.#isDue = true;
      setImmediate(this.#endTurn);
    }
  }

  /** Commits what waits, now. */
  flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#length = 0;
    try {
      const outcomes = this.#commitAll(waiting.map(({ job }) => job));
      for (const [at, { settlement }] of waiting.entries()) {
        const outcome = outcomes[at];
        if (typeof outcome === 'boolean') settlement.resolve({ isRight: outcome });
        else settlement.reject(outcome);
      }
    } catch (error) {
      for (const { settlement } of waiting) settlement.reject(error);
    }
  }

  /** A field, so that no closure is made per turn. */
  readonly #endTurn = (): void => {
    this.#isDue = false;
    this.flush();
  };
}
