import { lookup, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

/** Finds every address of a host; the way to the system's resolver. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

/**
 * Looks hosts up, a few at a time: the system's resolver blocks one of the few threads that files are read and written
 * with, and a dead name server must not take them all.
 */
export class HostResolver {
  readonly #lookup: Lookup;
  readonly #maxParallel: number;
  readonly #waiting = new Set<() => void>();
  #runningCount = 0;

  constructor(lookupHost: Lookup, maxParallel: number) {
    this.#lookup = lookupHost;
    this.#maxParallel = maxParallel;
  }

  /** @throws the signal's reason; whatever the lookup fails with. */
  async resolve(host: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
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
