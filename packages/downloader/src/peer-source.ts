import type { PeerAddress } from '@millrace/tracker-client';

/**
 * Where an address comes from: someone named it to us, it is of our own network, a tracker named it, a magnet link did, a
 * peer that called us said where it listens, a DHT named it, or another peer.
 */
export type PeerOrigin = 'given' | 'lan' | 'tracker' | 'link' | 'incoming' | 'dht' | 'pex';

/** Where peers come from: trackers, other peers, given addresses, a DHT, the local network. */
export interface PeerSource {
  /** Who vouches for its addresses: those of better repute are tried first, and stay when there is no room for all. */
  readonly origin: PeerOrigin;
  /** Yields peers as they are found, until there are no more or `signal` aborts; it then returns, without throwing. */
  find(signal: AbortSignal): AsyncIterable<readonly PeerAddress[]>;
  /** The engine ran out of peers: look again as soon as manners allow. */
  wantMore(): void;
  /** The download is complete. */
  completed(): void;
  /** Says goodbye after {@link find} has ended. The engine waits for it, and the source bounds its time. */
  stop(): Promise<void>;
}

/** Peers that someone named, such as `--peer`, or that a link names. */
export function givenPeers(
  peers: readonly PeerAddress[],
  origin: Extract<PeerOrigin, 'given' | 'link'> = 'given',
): PeerSource {
  return {
    origin,
    async *find() {
      yield peers;
    },
    wantMore() {},
    completed() {},
    async stop() {},
  };
}
