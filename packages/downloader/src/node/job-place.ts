export interface JobPlaceOptions {
  /** Bytes in the longest piece. */
  readonly pieceLength: number;
  /** How many things can be done at once. */
  readonly cores: number;
  /** Share of time, 0 to 1, that the calling thread was busy since it was last asked. */
  readonly utilization: () => number;
}

/** Longest piece that is hashed and written between two reads of the network: a few milliseconds' worth. */
const MAX_LENGTH = 4 * 1024 * 1024;
/** Time that a job may take: more is a disk that has to be waited for, or a machine with much else to do. */
const MAX_JOB_MS = 25;
/** How late jobs may have been in all, each one forgiving {@link FORGIVEN_MS}. A busy machine stays below, a slow disk does not. */
const MAX_LATE_MS = 500;
const FORGIVEN_MS = 2;
/** Share of its time that the network thread may be busy while other cores are free. */
const MAX_UTILIZATION = 0.7;
/** Time over which that share means something. */
const ROUND_MS = 500;

/**
 * Decides where pieces are hashed and written: here, on the network's thread, where they are still in the core's cache
 * and no other thread has to be woken; or on threads of their own, for the rest of the download, when being here holds
 * up the network.
 */
export class JobPlace {
  readonly #options: JobPlaceOptions;
  #isHere: boolean;
  #lateMs = 0;
  #roundEndMs = -Infinity;

  constructor(options: JobPlaceOptions) {
    this.#options = options;
    this.#isHere = options.pieceLength <= MAX_LENGTH;
  }

  get isHere(): boolean {
    return this.#isHere;
  }

  /** Learns from a job that was done here. */
  done(startMs: number, endMs: number): void {
    this.#lateMs = Math.max(0, this.#lateMs - FORGIVEN_MS) + Math.max(0, endMs - startMs - MAX_JOB_MS);
    if (this.#lateMs > MAX_LATE_MS || this.#isBusy(endMs)) this.#isHere = false;
  }

  #isBusy(nowMs: number): boolean {
    // Two cores are for this thread and for the rest of the system: a thread more would gain nothing.
    if (this.#options.cores <= 2 || nowMs < this.#roundEndMs) return false;
    const isFirst = this.#roundEndMs === -Infinity;
    this.#roundEndMs = nowMs + ROUND_MS;
    return this.#options.utilization() > MAX_UTILIZATION && !isFirst;
  }
}
