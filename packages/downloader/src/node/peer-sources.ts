import type { PeerExchange } from '../engine/peer-exchange.ts';
import type { DownloadEvent } from '../events.ts';
import { givenPeers, type PeerSource } from '../peer-source.ts';
import type { ClientNetwork } from './client-network.ts';
import { trackers, type TransferProgress } from './network.ts';
import { isMetainfo, type SwarmOptions, type TorrentSource } from './swarm-options.ts';

/** Who asks for peers, and is told of what sources learn. */
export interface PeerSeeker {
  /** Peers that other peers tell of; `undefined` where they do not. */
  readonly exchange: PeerExchange | undefined;
  readonly onEvent: (event: DownloadEvent) => void;
  /** Told an address at which others see us. */
  readonly onExternalAddress: (host: string) => void;
  readonly progress: () => TransferProgress;
}

/**
 * Makes every source that one torrent's peers have: those that were given, its link's, its trackers, other peers, and what
 * the network discovers.
 */
export function peerSources(
  network: ClientNetwork,
  source: TorrentSource,
  options: SwarmOptions,
  { exchange, onEvent, onExternalAddress, progress }: PeerSeeker,
): PeerSource[] {
  const { peers = [], announceToAll, proxy, allowPrivateTrackers } = options;
  const { infoHash } = source;
  const { peerId, localAddress } = network;
  const sources: PeerSource[] = peers.length === 0 ? [] : [givenPeers(peers)];
  const linked = isMetainfo(source) ? [] : (source.peers ?? []);
  if (linked.length > 0) sources.push(givenPeers(linked, 'link'));
  const tiers = options.trackers ?? tiersOf(source);
  if (tiers.some((tier) => tier.length > 0)) {
    sources.push(
      trackers({
        infoHash,
        peerId,
        port: () => network.announcedPort,
        tiers,
        announceToAll,
        way: { localAddress, proxy, allowPrivateTrackers },
        onEvent,
        onExternalAddress,
        progress,
      }),
    );
  }
  if (exchange !== undefined) sources.push(exchange);
  const torrent = {
    infoHash,
    nodes: isMetainfo(source) ? source.nodes : [],
    port: () => network.callablePort,
    onEvent,
    onExternalAddress,
  };
  sources.push(...network.discoveries.map((discover) => discover(torrent)));
  return sources;
}

function tiersOf(source: TorrentSource): readonly (readonly string[])[] {
  return isMetainfo(source) ? source.tiers : (source.trackers ?? []).map((tracker) => [tracker]);
}
