import type { PeerAddress } from '@millrace/tracker-client';

/** A peer we know of, whether or not we are connected. */
interface KnownPeer {
  readonly address: PeerAddress;
  state: 'idle' | 'busy' | 'banned';
  /** Tries in a row that came to nothing. */
  failureCount: number;
  nextTryMs: number;
  /** Bytes of verified pieces it had a part in: those who gave are asked first. */
  givenLength: number;
}

export interface PeerListOptions {
  /** Peers remembered. @defaultValue 2_000 */
  readonly maxPeers?: number;
}

const MAX_PEERS = 2_000;
/** Waiting time after the first failure; it doubles with each one. */
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 30 * 60_000;

/** Remembers peers by `host:port`, and says whom to connect to next: who gave most, then who failed least, then who came first. */
export class PeerList {
  readonly #maxPeers: number;
  readonly #peers = new Map<string, KnownPeer>();

  constructor(options: PeerListOptions = {}) {
    this.#maxPeers = options.maxPeers ?? MAX_PEERS;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** Remembers a peer, where there is no room in place of the one that failed most. Answers whether it was unknown, and there is room. */
  add(key: string, address: PeerAddress, nowMs: number): boolean {
    if (this.#peers.has(key) || (this.#peers.size >= this.#maxPeers && !this.#forgetWorst())) return false;
    this.#peers.set(key, { address, state: 'idle', failureCount: 0, nextTryMs: nowMs, givenLength: 0 });
    return true;
  }

  /** Chooses a peer to connect to and marks it as busy; `undefined` if it is no one's turn. */
  next(nowMs: number): { readonly key: string; readonly address: PeerAddress } | undefined {
    let best: { key: string; peer: KnownPeer } | undefined;
    for (const [key, peer] of this.#peers) {
      if (peer.state !== 'idle' || peer.nextTryMs > nowMs) continue;
      if (best === undefined || isBetter(peer, best.peer)) best = { key, peer };
    }
    if (best === undefined) return undefined;
    best.peer.state = 'busy';
    return { key: best.key, address: best.peer.address };
  }

  /** Whether it is someone's turn now. */
  hasNext(nowMs: number): boolean {
    for (const peer of this.#peers.values())
      if (peer.state === 'idle' && peer.nextTryMs <= nowMs) return true;
    return false;
  }

  /** Whether some peer is connected, being connected, or may be tried soon (within `soonMs`). */
  hasHope(nowMs: number, soonMs: number): boolean {
    for (const peer of this.#peers.values()) {
      if (peer.state === 'busy' || (peer.state === 'idle' && peer.nextTryMs <= nowMs + soonMs)) return true;
    }
    return false;
  }

  /** A connection ended. It counts as a failure unless it brought something. */
  ended(key: string, nowMs: number, wasUseful: boolean): void {
    const peer = this.#peers.get(key);
    if (peer === undefined || peer.state === 'banned') return;
    peer.state = 'idle';
    peer.failureCount = wasUseful ? 0 : peer.failureCount + 1;
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, peer.failureCount - 1), LAST_RETRY_MS);
    peer.nextTryMs = nowMs + (wasUseful ? 1_000 : retryMs);
  }

  gave(key: string, length: number): void {
    const peer = this.#peers.get(key);
    if (peer !== undefined) peer.givenLength += length;
  }

  /** Makes room: of those that failed and never gave anything, the one that did so most often goes. */
  #forgetWorst(): boolean {
    let worst: { readonly key: string; readonly failureCount: number } | undefined;
    for (const [key, { state, failureCount, givenLength }] of this.#peers) {
      if (state !== 'idle' || givenLength > 0 || failureCount <= (worst?.failureCount ?? 0)) continue;
      worst = { key, failureCount };
    }
    return worst !== undefined && this.#peers.delete(worst.key);
  }

  /** Never connects to this peer again. Answers whether it was not banned before. */
  ban(key: string): boolean {
    const peer = this.#peers.get(key);
    if (peer === undefined || peer.state === 'banned') return false;
    peer.state = 'banned';
    return true;
  }
}

function isBetter(a: KnownPeer, b: KnownPeer): boolean {
  if (a.givenLength !== b.givenLength) return a.givenLength > b.givenLength;
  return a.failureCount < b.failureCount;
}
