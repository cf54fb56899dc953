import type { PeerAddress } from '@millrace/tracker-client';

/** Addresses that may wait to be taken in; more than that are not kept. */
const MAX_WAITING = 1_000;

/** Peers that come at any time, for whoever takes them one lot after another. */
export class PeerInbox {
  #found: PeerAddress[] = [];
  #wake: () => void = () => {};

  put({ host, port }: PeerAddress): void {
    if (this.#found.length < MAX_WAITING) this.#found.push({ host, port });
    this.#wake();
  }

  /** Yields what has come, until `signal` aborts; it then returns, without throwing. */
  async *take(signal: AbortSignal): AsyncGenerator<readonly PeerAddress[], void, void> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        if (this.#found.length > 0) yield this.#found.splice(0);
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
