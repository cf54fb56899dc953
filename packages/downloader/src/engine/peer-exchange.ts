import { UtPex, type Extension, type PexPeer } from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import type { PeerSource } from '../peer-source.ts';

/** Addresses that may wait to be taken in; more than that are not kept. */
const MAX_WAITING = 1_000;

/**
 * Peers from other peers: what is told on every connection, as one source. Each connection tells whom we are connected
 * to as well. Not for private torrents.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0011.html | BEP 11}
 */
export class PeerExchange implements PeerSource {
  readonly origin = 'pex';
  #found: PeerAddress[] = [];
  #wake: () => void = () => {};

  /** Makes the extension for one connection, to `remote`. `peers` answers whom we are connected to. */
  extension(remote: PeerAddress, peers: () => Iterable<PexPeer>): Extension {
    return new UtPex({ remote, peers, onPeers: ({ added }) => this.#take(added) });
  }

  async *find(signal: AbortSignal): AsyncGenerator<readonly PeerAddress[], void, void> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener('abort', onAbort, { once: true });
    while (!signal.aborted) {
      if (this.#found.length > 0) yield this.#found.splice(0);
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    signal.removeEventListener('abort', onAbort);
  }

  wantMore(): void {
    // Peers tell what they know once a minute, whoever asks.
  }

  completed(): void {
    // Nobody needs to be told.
  }

  async stop(): Promise<void> {
    // Nobody was told that we are here.
  }

  #take(peers: readonly PexPeer[]): void {
    for (const { host, port } of peers) {
      if (this.#found.length >= MAX_WAITING) break;
      this.#found.push({ host, port });
    }
    this.#wake();
  }
}
