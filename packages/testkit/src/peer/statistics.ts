import type { BencodeDict } from '@millrace/bencode';
import type { PeerMessage, PexPeer } from '@millrace/peer-wire';

/** What a scripted peer has seen and done, all its connections together. Counts only grow. */
export class PeerStatistics {
  connectionsAccepted = 0;
  connectionsOpen = 0;
  /** Most connections that were open at once. */
  maxConnectionsOpen = 0;
  handshakes = 0;
  /** Blocks sent, honest or not, and their bytes; intrusions are not counted. */
  blocks = 0;
  bytes = 0;
  requests = 0;
  /** Requests for a block that the same connection had asked for before and had been sent. */
  repeatedRequests = 0;
  /** Requests that came while we were choking: sent before the remote could know, or against the protocol. */
  chokedRequests = 0;
  /** Requests for pieces we do not have, or for a range that is no block of the torrent. */
  badRequests = 0;
  cancels = 0;
  /** Cancels that came in time to keep a block from being sent. */
  cancelsInTime = 0;
  /** Most requests of one connection that waited for an answer at once. */
  maxOutstanding = 0;
  /** Requests that were rejected, as the fast extension lets a peer do. */
  rejects = 0;
  /** Extended handshakes received, in order. */
  readonly extendedHandshakes: BencodeDict[] = [];
  /** Pieces of metadata that others asked for, and how often they rejected ours. */
  metadataRequests = 0;
  metadataRejects = 0;
  /** The metadata that it got from others, once it has all. */
  gatheredMetadata: Uint8Array | undefined;
  /** Peers that others told of. */
  readonly toldPeers: PexPeer[] = [];
  /** The first message of each connection, by type. */
  readonly firstMessages: PeerMessage['type'][] = [];
  /** Messages received, by type. */
  readonly received: Map<PeerMessage['type'], number> = new Map();
  /** Why connections ended, in order: what the stream's `onClose` said. */
  readonly closeReasons: unknown[] = [];
  readonly remotePeerIds: Uint8Array[] = [];
  /** The capability bytes of each remote's handshake. */
  readonly remoteReserved: Uint8Array[] = [];
  readonly #blocksByPiece = new Map<number, number>();

  /** Blocks sent of one piece. */
  blocksOf(index: number): number {
    return this.#blocksByPiece.get(index) ?? 0;
  }

  countMessage(type: PeerMessage['type']): void {
    this.received.set(type, (this.received.get(type) ?? 0) + 1);
  }

  countBlock(index: number, length: number): void {
    this.blocks += 1;
    this.bytes += length;
    this.#blocksByPiece.set(index, this.blocksOf(index) + 1);
  }
}
