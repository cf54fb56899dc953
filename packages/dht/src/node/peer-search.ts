import type { DhtCore } from '../core/dht-core.ts';
import { type ScrapeCount, searchPeers, storeOn, type StoreResult } from '../core/search.ts';
import { endpointKey, type Endpoint, isLocalIp, isReachable } from '../endpoint.ts';
import type { Lookup, LookupResult } from '../lookup/lookup.ts';
import { type NodeAddress, toAddress } from './address.ts';
import type { Member } from './member.ts';
import { abortable } from './abortable.ts';

/** Peers of one search that are handed on: many times what a client connects to. */
const MAX_PEERS = 5000;

export interface PeerLookupOptions {
  readonly infoHash: Uint8Array;
  readonly noSeed?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onPeer?: ((peer: NodeAddress) => void) | undefined;
  /** Counts, if it is given. */
  readonly count?: ScrapeCount | undefined;
}

/** Hears of peers, and hands each on once. */
export class PeerCollector {
  readonly #seen = new Set<string>();
  readonly #onPeer: ((peer: NodeAddress) => void) | undefined;

  constructor(onPeer?: (peer: NodeAddress) => void) {
    this.#onPeer = onPeer;
  }

  /** @param isFromAfar Whether someone far away names them: they cannot know who is here. */
  add(peers: readonly Endpoint[], isFromAfar: boolean): void {
    for (const peer of peers) {
      if (this.#seen.size >= MAX_PEERS) return;
      if (!isReachable(peer) || (isFromAfar && isLocalIp(peer.ip))) continue;
      const key = endpointKey(peer);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#onPeer?.(toAddress(peer));
    }
  }
}

/** Looks for the peers of a torrent from one address. Rejects with the signal's reason. */
export function lookUpPeers(
  member: Member,
  options: PeerLookupOptions,
  collector: PeerCollector,
): Promise<LookupResult> {
  const { infoHash, noSeed = false, signal, count } = options;
  return abortable(signal, (resolve) =>
    member.run((core, nowMs): Lookup => {
      collector.add(stored(core, infoHash), false);
      return searchPeers(
        core,
        {
          infoHash,
          noSeed,
          scrape: count !== undefined,
          onAnswer: ({ endpoint }, answer) => {
            count?.add(answer);
            if (answer.values !== undefined) collector.add(answer.values, !isLocalIp(endpoint.ip));
          },
          onDone: resolve,
        },
        nowMs,
      );
    }),
  );
}

export interface PeerAnnounceOptions extends PeerLookupOptions {
  readonly port: number;
  readonly impliedPort: boolean;
  readonly seed: boolean;
}

/** Looks for the nodes closest to a torrent, and has them store that we are a peer of it. */
export async function announceFrom(
  member: Member,
  options: PeerAnnounceOptions,
  collector: PeerCollector,
): Promise<StoreResult> {
  const { infoHash, port, impliedPort, seed, signal } = options;
  const found = await lookUpPeers(member, options, collector);
  return abortable(signal, (resolve) =>
    member.run((core, nowMs) => {
      storeOn(
        core,
        found,
        (_node, token) => ({ method: 'announce_peer', infoHash, port, impliedPort, seed, token }),
        resolve,
        nowMs,
      );
      return undefined;
    }),
  );
}

/** Peers that were announced to this very node: in a small network nobody else may know them. */
function stored(core: DhtCore, infoHash: Uint8Array): readonly Endpoint[] {
  return core.peers.peers(infoHash, core.family, 100, () => new Uint8Array(4));
}
