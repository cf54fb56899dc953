import { TrackerError, type AnnouncePhase } from '../error.ts';

export interface DeadlineOptions {
  /** Named in the error, without its passkey. */
  readonly tracker: string;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Ends an announce when its time is up, when nothing happens, or when the caller says so: one signal for all three. */
export class Deadline implements Disposable {
  readonly #options: DeadlineOptions;
  readonly #controller = new AbortController();
  readonly #totalTimer: NodeJS.Timeout;
  readonly #idleTimer: NodeJS.Timeout;
  #phase: AnnouncePhase = 'resolving';

  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#totalTimer = setTimeout(() => this.#timeOut('total', options.timeoutMs), options.timeoutMs);
    this.#idleTimer = setTimeout(() => this.#timeOut('idle', options.idleTimeoutMs), options.idleTimeoutMs);
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Aborts with the caller's reason, or a `TrackerError` with `TIMED_OUT`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get phase(): AnnouncePhase {
    return this.#phase;
  }

  /** Something happened: the announce goes on to its next phase. */
  enter(phase: AnnouncePhase): void {
    this.#phase = phase;
    this.#idleTimer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#totalTimer);
    clearTimeout(this.#idleTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#controller.abort(this.#options.signal?.reason);

  #timeOut(limit: 'idle' | 'total', limitMs: number): void {
    const { tracker } = this.#options;
    this.#controller.abort(
      new TrackerError({ code: 'TIMED_OUT', tracker, phase: this.#phase, limit, limitMs }),
    );
  }
}
