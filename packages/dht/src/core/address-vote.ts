import { toKey } from '../bytes.ts';
import { endpointKey, type Endpoint, type HostKey, isLocalIp, networkKey } from '../endpoint.ts';

/** Votes that count: the latest, one of each network. */
const MAX_VOTES = 32;
/** Fewer agree on nothing. */
const MIN_VOTES = 5;

/**
 * Finds out which address the world sees us at from what others say. No one is believed alone: it takes five networks and
 * more than half of those that voted.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0042.html | BEP 42, bootstrapping}
 */
export class AddressVote {
  /** What each network said last; the first said it longest ago. */
  readonly #votes = new Map<HostKey, Uint8Array>();

  /** Counts a vote; returns the address that has won, if one has. */
  count(voter: Endpoint, seenAs: Endpoint): Uint8Array | undefined {
    if (seenAs.ip.length !== voter.ip.length) return undefined;
    const isLocal = isLocalIp(voter.ip);
    // Someone nearby sees an address that is worth nothing elsewhere, and the other way round.
    if (isLocal !== isLocalIp(seenAs.ip)) return undefined;
    const key = isLocal ? endpointKey(voter) : networkKey(voter.ip);
    this.#votes.delete(key);
    this.#votes.set(key, seenAs.ip);
    if (this.#votes.size > MAX_VOTES)
      for (const oldest of this.#votes.keys()) {
        this.#votes.delete(oldest);
        break;
      }
    return this.#winner();
  }

  #winner(): Uint8Array | undefined {
    if (this.#votes.size < MIN_VOTES) return undefined;
    const counts = new Map<string, number>();
    for (const ip of this.#votes.values()) {
      const key = toKey(ip);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count >= MIN_VOTES && count > this.#votes.size / 2) return ip;
    }
    return undefined;
  }
}
