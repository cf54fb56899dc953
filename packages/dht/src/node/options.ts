import type { DhtEvent, TrafficLimits } from '../core/options.ts';
import type { ItemStoreLimits } from '../store/item-store.ts';
import type { PeerStoreLimits } from '../store/peer-store.ts';
import type { NodeAddress } from './address.ts';

/** Nodes that help to get in, run by others for everyone. They are asked only while too few nodes are known. */
export const PUBLIC_ROUTERS: readonly NodeAddress[] = [
  { host: 'router.bittorrent.com', port: 6881 },
  { host: 'dht.transmissionbt.com', port: 6881 },
  { host: 'dht.libtorrent.org', port: 25_401 },
  { host: 'router.utorrent.com', port: 6881 },
];

export interface DhtNodeOptions {
  /**
   * Addresses of this machine to be a node at, each with an id and a table of its own (BEP 45).
   * @defaultValue every IPv4 address as one, and one public IPv6 address if there is any
   */
  readonly addresses?: readonly string[];
  /** UDP port at each address; 0 has the system choose one. @defaultValue 0 */
  readonly port?: number;
  /** Nodes to begin with. @defaultValue none */
  readonly bootstrap?: readonly NodeAddress[];
  /** The same, but they are no ordinary nodes and are never put into the table. @defaultValue none; see `PUBLIC_ROUTERS` */
  readonly routers?: readonly NodeAddress[];
  /** What `exportState` returned in an earlier run. */
  readonly state?: Uint8Array;
  /** Asks, but answers nothing: for those who cannot be reached, or pay for each byte (BEP 43). @defaultValue false */
  readonly isReadOnly?: boolean;
  readonly limits?: TrafficLimits & { readonly peers?: PeerStoreLimits; readonly items?: ItemStoreLimits };
  readonly onEvent?: (event: DhtEvent) => void;
}

export interface SearchOptions {
  /** Ends the search; what waits for it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface GetPeersOptions extends SearchOptions {
  /** Prefer peers that lack something (BEP 33). @defaultValue false */
  readonly noSeed?: boolean;
}

export interface AnnounceOptions extends SearchOptions {
  /** TCP (and uTP) port at which we take connections. */
  readonly port: number;
  /** Have others take the port they see our packets come from instead. @defaultValue false */
  readonly impliedPort?: boolean;
  /** Whether we have it all (BEP 33). @defaultValue false */
  readonly seed?: boolean;
  /** Hears of each peer that is met on the way, once. */
  readonly onPeer?: (peer: NodeAddress) => void;
}
