interface Waiter {
  isMet(): boolean;
  resolve(): void;
}

/** Lets tests wait for what a server has seen, without polling and without sleeping. */
export class Condition {
  readonly #waiters = new Set<Waiter>();

  /** Looks at every condition waited for; to be called after each change. */
  changed(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isMet()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /**
   * Resolves as soon as `isMet` answers true.
   *
   * @throws {Error} if that takes more than `timeoutMs` of real time; the message says what `what` was.
   */
  async until(isMet: () => boolean, what: string, timeoutMs: number): Promise<void> {
    if (isMet()) return;
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        isMet,
        resolve() {
          clearTimeout(timeout);
          resolve();
        },
      };
      const timeout = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`Cannot see ${what}: nothing of the kind within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}
