import type { PeerId } from '@millrace/metainfo';
import { DownloadError } from '../error.ts';
import type { TorrentPeer } from './peer-owner.ts';

/** A connection, as far as it matters who opened it. */
export type Acquaintance = Pick<TorrentPeer, 'address' | 'isIncoming' | 'close'>;

export interface AcquaintancesOptions {
  readonly peerId: PeerId;
  /** The port that peers can call us at. */
  readonly port?: number | undefined;
}

/**
 * Knows peers by their ids, so that no one is connected with us twice. Two that call each other at once must drop the same
 * one of their two connections: what the side with the lower listening port opened is kept, as libtorrent has it too.
 */
export class Acquaintances {
  readonly #options: AcquaintancesOptions;
  readonly #byId = new Map<string, Acquaintance>();
  /** What each of them said. */
  readonly #ids = new Map<Acquaintance, string>();

  constructor(options: AcquaintancesOptions) {
    this.#options = options;
  }

  /** A peer says who it is. Closes another connection with it, or this one. @throws {DownloadError} `PEER_DUPLICATE` */
  meet(peer: Acquaintance, peerId: PeerId): void {
    const id = keyOf(peerId);
    const other = this.#byId.get(id);
    if (other !== undefined && !this.#isPreferred(peer, other, peerId))
      throw new DownloadError({ code: 'PEER_DUPLICATE' });
    this.#byId.set(id, peer);
    this.#ids.set(peer, id);
    other?.close(new DownloadError({ code: 'PEER_DUPLICATE' }));
  }

  /** A connection ended. */
  part(peer: Acquaintance): void {
    const id = this.#ids.get(peer);
    if (id === undefined) return;
    this.#ids.delete(peer);
    if (this.#byId.get(id) === peer) this.#byId.delete(id);
  }

  #isPreferred(peer: Acquaintance, other: Acquaintance, peerId: PeerId): boolean {
    // Anyone may claim an id: from elsewhere it counts for nothing.
    if (peer.isIncoming === other.isIncoming || peer.address.host !== other.address.host) return false;
    const { port: theirPort } = peer.isIncoming ? other.address : peer.address;
    const { port: ourPort = 0, peerId: ourId } = this.#options;
    const isOursKept = ourPort === theirPort ? keyOf(ourId) < keyOf(peerId) : ourPort < theirPort;
    return isOursKept !== peer.isIncoming;
  }
}

function keyOf(id: PeerId): string {
  return String.fromCharCode(...id);
}
