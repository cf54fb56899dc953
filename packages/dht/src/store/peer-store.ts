import { BloomFilter } from '../bloom-filter.ts';
import { toKey } from '../bytes.ts';
import {
  endpointKey,
  type Endpoint,
  type Family,
  familyOf,
  type HostKey,
  hostKey,
  isLocalIp,
} from '../endpoint.ts';
import { ID_LENGTH, type RandomBytes } from '../node-id.ts';
import { sampleOf } from './sample.ts';

/** How much a node stores for others. */
export interface PeerStoreLimits {
  /** Info hashes. @defaultValue 2000 */
  readonly maxHashes?: number;
  /** Peers of one info hash. @defaultValue 500 */
  readonly maxPeersPerHash?: number;
  /** Info hashes that one host may have announced. @defaultValue 100 */
  readonly maxHashesPerHost?: number;
  /** How long a peer is kept that is not announced again, in milliseconds. @defaultValue 45 minutes */
  readonly maxAgeMs?: number;
}

interface StoredPeer {
  readonly endpoint: Endpoint;
  isSeed: boolean;
  announcedMs: number;
}

interface Swarm {
  readonly infoHash: Uint8Array;
  /** In the order of their announces: the first is the oldest. */
  readonly peers: Map<HostKey, StoredPeer>;
}

/** Clients announce every 15 to 30 minutes; one announce may get lost. */
const MAX_AGE_MS = 45 * 60_000;

/**
 * Peers that were announced to us. It is full at a fixed size: what was announced longest ago gives way. No host can push
 * out what others announced: past its share, it pushes out its own.
 */
export class PeerStore {
  readonly #limits: Required<PeerStoreLimits>;
  /** In the order of their last announces. */
  readonly #swarms = new Map<string, Swarm>();
  /** Info hashes by the host that announced them, in the order of its announces. */
  readonly #hosts = new Map<HostKey, Set<string>>();
  #peerCount = 0;

  constructor(limits: PeerStoreLimits = {}) {
    const { maxHashes = 2000, maxPeersPerHash = 500, maxHashesPerHost = 100, maxAgeMs = MAX_AGE_MS } = limits;
    this.#limits = { maxHashes, maxPeersPerHash, maxHashesPerHost, maxAgeMs };
  }

  get hashCount(): number {
    return this.#swarms.size;
  }

  get peerCount(): number {
    return this.#peerCount;
  }

  /** Stores a peer, or renews it. One address has one peer of a torrent, whatever its port. BEP 33 */
  add(infoHash: Uint8Array, endpoint: Endpoint, isSeed: boolean, nowMs: number): void {
    const hash = toKey(infoHash);
    const swarm = this.#swarms.get(hash) ?? { infoHash: Uint8Array.from(infoHash), peers: new Map() };
    this.#swarms.delete(hash);
    this.#swarms.set(hash, swarm);
    const key = peerKey(endpoint);
    const known = swarm.peers.delete(key);
    if (!known) this.#peerCount += 1;
    const { ip, port } = endpoint;
    swarm.peers.set(key, { endpoint: { ip: Uint8Array.from(ip), port }, isSeed, announcedMs: nowMs });
    if (swarm.peers.size > this.#limits.maxPeersPerHash) this.#removePeer(hash, swarm, first(swarm.peers));
    this.#countHost(hash, endpoint);
    if (this.#swarms.size > this.#limits.maxHashes) this.#removeSwarm(first(this.#swarms));
  }

  /** Tells whether it has peers of a torrent, of one family. */
  has(infoHash: Uint8Array, family: Family): boolean {
    for (const { endpoint } of this.#swarms.get(toKey(infoHash))?.peers.values() ?? []) {
      if (familyOf(endpoint) === family) return true;
    }
    return false;
  }

  /**
   * Returns peers of a torrent, of one family, at most `count`, which ones being left to chance.
   *
   * @param noSeed Prefer those that lack something. BEP 33
   */
  peers(
    infoHash: Uint8Array,
    family: Family,
    count: number,
    random: RandomBytes,
    noSeed = false,
  ): Endpoint[] {
    const found: StoredPeer[] = [];
    for (const peer of this.#swarms.get(toKey(infoHash))?.peers.values() ?? []) {
      if (familyOf(peer.endpoint) === family) found.push(peer);
    }
    const leechers = noSeed ? found.filter(({ isSeed }) => !isSeed) : [];
    const chosen = leechers.length > 0 ? leechers : found;
    return sampleOf(chosen, count, random).map(({ endpoint }) => endpoint);
  }

  /** Returns filters that count the peers of a torrent, or `undefined` if it has none. BEP 33 */
  filters(infoHash: Uint8Array): { readonly seeds: BloomFilter; readonly peers: BloomFilter } | undefined {
    const swarm = this.#swarms.get(toKey(infoHash));
    if (swarm === undefined) return undefined;
    const filters = { seeds: new BloomFilter(), peers: new BloomFilter() };
    for (const { endpoint, isSeed } of swarm.peers.values()) {
      (isSeed ? filters.seeds : filters.peers).insert(endpoint.ip);
    }
    return filters;
  }

  /** Returns info hashes, one after the other, which ones being left to chance. BEP 51 */
  sample(count: number, random: RandomBytes): Uint8Array<ArrayBuffer> {
    const chosen = sampleOf([...this.#swarms.values()], count, random);
    const samples = new Uint8Array(chosen.length * ID_LENGTH);
    for (const [at, { infoHash }] of chosen.entries()) samples.set(infoHash, at * ID_LENGTH);
    return samples;
  }

  /** Throws out what is too old. */
  sweep(nowMs: number): void {
    const beforeMs = nowMs - this.#limits.maxAgeMs;
    for (const [hash, swarm] of this.#swarms) {
      for (const [key, peer] of swarm.peers) {
        if (peer.announcedMs > beforeMs) break;
        this.#removePeer(hash, swarm, key);
      }
    }
  }

  #countHost(hash: string, { ip }: Endpoint): void {
    if (isLocalIp(ip)) return;
    const host = hostKey(ip);
    const hashes = this.#hosts.get(host) ?? new Set();
    this.#hosts.set(host, hashes);
    hashes.delete(hash);
    hashes.add(hash);
    if (hashes.size <= this.#limits.maxHashesPerHost) return;
    const [oldest = ''] = hashes;
    const swarm = this.#swarms.get(oldest);
    hashes.delete(oldest);
    if (swarm === undefined) return;
    for (const [key, peer] of swarm.peers) {
      if (hostKey(peer.endpoint.ip) === host) this.#removePeer(oldest, swarm, key);
    }
  }

  #removeSwarm(hash: string): void {
    const swarm = this.#swarms.get(hash);
    for (const key of swarm?.peers.keys() ?? []) if (swarm !== undefined) this.#removePeer(hash, swarm, key);
  }

  #removePeer(hash: string, swarm: Swarm, key: HostKey): void {
    const peer = swarm.peers.get(key);
    if (peer === undefined) return;
    swarm.peers.delete(key);
    this.#peerCount -= 1;
    if (swarm.peers.size === 0) this.#swarms.delete(hash);
    const host = hostKey(peer.endpoint.ip);
    const hashes = this.#hosts.get(host);
    hashes?.delete(hash);
    if (hashes?.size === 0) this.#hosts.delete(host);
  }
}

/** Peers of this machine and its network share addresses; others do not. */
function peerKey(endpoint: Endpoint): HostKey {
  return isLocalIp(endpoint.ip) ? endpointKey(endpoint) : hostKey(endpoint.ip);
}

/** The key that was set first, of a map that is not empty. */
function first<K>(map: ReadonlyMap<K, unknown>): K {
  const [key] = map.keys();
  if (key === undefined) throw new Error('The map is empty');
  return key;
}
