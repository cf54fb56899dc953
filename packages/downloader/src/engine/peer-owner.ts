import type { PeerId } from '@millrace/metainfo';
import type { PeerSession } from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { ScratchBlocks } from '../piece/scratch-blocks.ts';
import type { BlockPicker } from '../policy/block-picker.ts';
import type { PeerKey } from '../policy/piece-picker.ts';
import type { RateLimiter } from '../policy/rate-limiter.ts';
import type { RequestPipeline } from '../policy/request-pipeline.ts';
import type { ClaimingPeer, PieceClaims } from './piece-claims.ts';
import type { StarvedPeers, WorkingPeer } from './starved-peers.ts';
import type { GivenPeer, Giving } from './upload/giving.ts';
import type { Uploads } from './upload/uploads.ts';

/** One connected peer, as its torrent and its own parts see it. */
export interface TorrentPeer extends ClaimingPeer, WorkingPeer, GivenPeer {
  /** `host:port`. */
  readonly name: string;
  /** Where it is; of one that called us, where it called from. */
  readonly address: PeerAddress;
  /** Whether it called us. */
  readonly isIncoming: boolean;
  readonly session: PeerSession;
  readonly pipeline: RequestPipeline;
  /** Block bytes that it brought and we used. */
  usefulLength: number;
  /** When it last gave us a block, or was called. */
  lastUseMs: number;
  /** Whether it gives us nothing now: it chokes us, or refuses what it is asked for. */
  isRefusing(nowMs: number): boolean;
  /** Takes one request back: another peer was first. */
  cancel(piece: OpenPiece, block: number): void;
}

/** What a peer needs of the torrent it belongs to. */
export interface PeerOwner {
  /** What we give. */
  readonly uploads: Uploads;
  /** Who gets it. */
  readonly giving: Giving;
  /** How fast may be asked for. */
  readonly downloadLimiter: RateLimiter;
  readonly blocks: BlockPicker;
  readonly scratch: ScratchBlocks;
  readonly claims: PieceClaims;
  /** Who waits for something to be asked for. */
  readonly starved: StarvedPeers;
  readonly requestTimeoutMs: number;
  /** Pieces that we want. */
  readonly leftCount: number;
  /** Whether finished pieces wait for the disk: nothing more is asked for until some are written. */
  readonly isBehind: boolean;
  now(): number;
  /** The peer shook hands, and has this id. @throws {DownloadError} `PEER_DUPLICATE` */
  onOpen(peer: TorrentPeer, peerId: PeerId): void;
  /** The peer said at which port it listens. */
  onListens(peer: TorrentPeer, port: number): void;
  /** A wanted block came: the torrent counts it, and sees to the piece. */
  onBlock(peer: TorrentPeer, piece: OpenPiece, block: number): void;
  /** Bytes came that are of no use. */
  onWaste(length: number): void;
  /** Stops a peer's writing of the block it is receiving. */
  detachWriter(peer: PeerKey): void;
  onClose(peer: TorrentPeer, reason: unknown): void;
}
