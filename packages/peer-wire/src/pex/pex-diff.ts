import type { PexMessage, PexPeer } from './pex-message.ts';

/** Addresses in each list of a message. {@link https://www.bittorrent.org/beps/bep_0011.html | BEP 11} */
const MAX_PER_MESSAGE = 50;
/** Addresses in the first message, which BEP 11 lets have more. */
const MAX_AT_FIRST = 100;

/** Remembers what the remote was told, and finds what has changed since. What did not fit goes into the next message. */
export class PexDiff {
  readonly #told = new Map<string, PexPeer>();
  #isFirst = true;

  /** Returns what to tell, given all peers by address; `undefined` if there is nothing. The caller then tells it. */
  next(peers: ReadonlyMap<string, PexPeer>): PexMessage | undefined {
    const max = this.#isFirst ? MAX_AT_FIRST : MAX_PER_MESSAGE;
    const added: PexPeer[] = [];
    const dropped: PexPeer[] = [];
    for (const [key, peer] of this.#told) {
      if (dropped.length === max) break;
      if (peers.has(key)) continue;
      this.#told.delete(key);
      dropped.push(peer);
    }
    for (const [key, peer] of peers) {
      if (added.length === max) break;
      if (this.#told.has(key)) continue;
      this.#told.set(key, peer);
      added.push(peer);
    }
    if (added.length === 0 && dropped.length === 0) return undefined;
    this.#isFirst = false;
    return { added, dropped };
  }
}
