import { UtPex, type Extension, type PexPeer } from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import type { PeerSource } from '../peer-source.ts';
import { PeerInbox } from './peer-inbox.ts';

/**
 * Peers from other peers: what is told on every connection, as one source. Each connection tells whom we are connected
 * to as well. Not for private torrents.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0011.html | BEP 11}
 */
export class PeerExchange implements PeerSource {
  readonly origin = 'pex';
  readonly #inbox = new PeerInbox();

  /** Makes the extension for one connection, to `remote`. `peers` answers whom we are connected to. */
  extension(remote: PeerAddress, peers: () => Iterable<PexPeer>): Extension {
    const onPeers = ({ added }: { readonly added: readonly PexPeer[] }): void => {
      for (const peer of added) this.#inbox.put(peer);
    };
    return new UtPex({ remote, peers, onPeers });
  }

  find(signal: AbortSignal): AsyncGenerator<readonly PeerAddress[], void, void> {
    return this.#inbox.take(signal);
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
}
