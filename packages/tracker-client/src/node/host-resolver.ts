import { lookup, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

/** Finds every address of a host; the way to the system's resolver. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

/** Time for one lookup, with the wait for its turn. */
const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * Looks hosts up, a few at a time: the system's resolver blocks one of the few threads that files are read and written
 * with, and a dead name server must not take them all.
 */
export class HostResolver {
  readonly #lookup: Lookup;
  readonly #maxParallel: number;
  readonly #timeoutMs: number;
  readonly #waiting = new Set<() => void>();
  #runningCount = 0;

  constructor(lookupHost: Lookup, maxParallel: number, timeoutMs: number = DEFAULT_TIMEOUT_MS) {
    this.#lookup = lookupHost;
    this.#maxParallel = maxParallel;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws the signal's reason; whatever the lookup fails with; an error with code `TIMED_OUT`. */
  async resolve(host: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(Object.assign(new Error(`no answer in ${this.#timeoutMs} ms`), { code: 'TIMED_OUT' }));
    }, this.#timeoutMs);
    try {
      return await this.#lookUp(host, AbortSignal.any([signal, late.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  async #lookUp(host: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
    await this.#turn(signal);
    // It may have been aborted since the turn came; a signal that was tells no new listener.
    if (signal.aborted) {
      this.#release();
      throw signal.reason;
    }
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    // A lookup cannot be stopped: it keeps its place until the resolver gives up, also when nobody waits for it.
    const running = this.#lookup(host).finally(() => this.#release());
    try {
      return await Promise.race([running, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      running.catch(() => {});
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#runningCount < this.#maxParallel) {
      this.#runningCount += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#waiting.delete(resolve);
      reject(signal.reason);
    };
    this.#waiting.add(resolve);
    signal.addEventListener('abort', onAbort, { once: true });
    await promise;
    signal.removeEventListener('abort', onAbort);
  }

  /** Hands the place to whoever waits longest. */
  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#runningCount -= 1;
    } else {
      this.#waiting.delete(next);
      next();
    }
  }
}

/** Asks the system, which knows names that no name server does. */
export const systemLookup: Lookup = (host) => {
  const { promise, resolve, reject } = Promise.withResolvers<readonly LookupAddress[]>();
  lookup(host, { all: true }, (error, addresses) => {
    if (error === null) resolve(addresses);
    else reject(error);
  });
  return promise;
};
