import type { AnnounceIssue } from './announce.ts';
import { formatPeerAddress, type PeerAddress } from './peer-address.ts';

/** Gathers peers, each once, up to a limit, and counts what it leaves out. */
export class PeerCollector {
  readonly peers: PeerAddress[] = [];
  readonly #seen = new Set<string>();
  readonly #maxPeers: number;
  #dropped = 0;
  #excess = 0;

  constructor(maxPeers: number) {
    this.#maxPeers = maxPeers;
  }

  /** Takes a whole list; what comes after the limit is not even looked at. `undefined` is a peer of no use. */
  addAll(entries: Iterable<PeerAddress | undefined>, entryCount: number): void {
    let taken = 0;
    if (this.peers.length < this.#maxPeers) {
      for (const entry of entries) {
        taken += 1;
        this.#add(entry);
        if (this.peers.length >= this.#maxPeers) break;
      }
    }
    this.#excess += entryCount - taken;
  }

  issues(): AnnounceIssue[] {
    const issues: AnnounceIssue[] = [];
    if (this.#dropped > 0) issues.push({ code: 'PEERS_DROPPED', count: this.#dropped });
    if (this.#excess > 0) issues.push({ code: 'TOO_MANY_PEERS', count: this.#excess });
    return issues;
  }

  #add(peer: PeerAddress | undefined): void {
    if (peer === undefined) {
      this.#dropped += 1;
      return;
    }
    const name = formatPeerAddress(peer);
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    this.peers.push(peer);
  }
}
