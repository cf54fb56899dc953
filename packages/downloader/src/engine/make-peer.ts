import type { PieceLayout } from '@millrace/metainfo';
import type { PexPeer } from '@millrace/peer-wire';
import type { NewPeer } from './connector.ts';
import { introduce, type Identity } from './introduction.ts';
import { Peer } from './peer.ts';
import type { PeerOwner, TorrentPeer } from './peer-owner.ts';

export interface MakePeerOptions extends Identity {
  /** The info dictionary, to be given to those who have none. */
  readonly metadata?: Uint8Array | undefined;
  readonly layout: PieceLayout;
  /** Whether everything wanted is there, and we stay to give. */
  readonly isSeeding: () => boolean;
}

/** Requests that a peer is trusted with before it has given a right piece. */
const MIN_PROBATION_WINDOW = 16;

/**
 * Makes our end of a connection, with all that it says of us.
 *
 * @param peers - Those of the torrent, for those who exchange peers.
 */
export function makePeer(
  owner: PeerOwner,
  newPeer: NewPeer,
  options: MakePeerOptions,
  peers: () => Iterable<TorrentPeer>,
): Peer {
  const { layout, metadata, isSeeding } = options;
  // What a liar can cost us: a piece, or a few where pieces are small.
  const probationWindow = Math.max(MIN_PROBATION_WINDOW, layout.blockCount(0));
  const introduction = introduce(options, newPeer.address, () => tellable(peers()), metadata);
  const extended =
    isSeeding() && owner.uploads.isOpen
      ? { ...introduction.extended, uploadOnly: true }
      : introduction.extended;
  const { pieceCount } = layout;
  return new Peer(owner, { ...newPeer, ...introduction, extended, pieceCount, probationWindow });
}

/** Whom others may be told of. */
function* tellable(peers: Iterable<TorrentPeer>): Generator<PexPeer, void, void> {
  for (const { isOpen, isIncoming, address, session } of peers) {
    // Where someone called from is no place to call.
    if (!isOpen || isIncoming) continue;
    const uploadOnly = session.remoteExtended.uploadOnly || session.remoteHave.isFull;
    yield { ...address, uploadOnly, isReachable: true };
  }
}
