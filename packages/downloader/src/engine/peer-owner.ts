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
import type { ChokablePeer } from './upload/choking.ts';
import type { Uploads } from './upload/uploads.ts';

/** One connected peer, as its torrent and its own parts see it. */
export interface TorrentPeer extends ClaimingPeer, ChokablePeer {
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
  /** Whether it is our own limit that keeps us from asking it for more. */
  readonly isHeldBack: boolean;
  /** Whether it gives us nothing now: it chokes us, or refuses what it is asked for. */
  isRefusing(nowMs: number): boolean;
  /** Asks for what there is room for, and sends what is queued. */
  pump(nowMs: number): void;
  /** Takes all requests back; the owner sees to it that others are asked. */
  takeBack(): void;
  /** Takes one request back: another peer was first. */
  cancel(piece: OpenPiece, block: number): void;
  close(reason: unknown): void;
}

/** What a peer needs of the torrent it belongs to. */
export interface PeerOwner {
  /** What we give. */
  readonly uploads: Uploads;
  /** How fast may be asked for. */
  readonly downloadLimiter: RateLimiter;
  readonly blocks: BlockPicker;
  readonly scratch: ScratchBlocks;
  readonly claims: PieceClaims;
  readonly requestTimeoutMs: number;
  /** Pieces that we want. */
  readonly leftCount: number;
  /** Whether finished pieces wait for the disk: nothing more is asked for until some are written. */
  readonly isBehind: boolean;
  now(): number;
  /** The peer shook hands, and has this id. @throws {DownloadError} `PEER_DUPLICATE` */
  onOpen(peer: TorrentPeer, peerId: PeerId): void;
  /** Pieces that a peer at an address may have while it is choked. */
  allowedFor(host: string): readonly number[];
  /** The peer wants something from us, or does no longer. */
  onInterest(peer: TorrentPeer): void;
  /** The peer has all pieces, or wants none. */
  onSeeder(peer: TorrentPeer): void;
  /** The peer said at which port it listens. */
  onListens(peer: TorrentPeer, port: number): void;
  /** There is room for requests, but nothing to ask this peer for. */
  onStarved(peer: TorrentPeer): void;
  /** The peer could send, and there was nothing to ask it for, for so long. */
  onIdle(peer: TorrentPeer, idleMs: number): void;
  /** Blocks asked of this peer are free for others. */
  onReleased(): void;
  /** A wanted block came: the torrent counts it, and sees to the piece. */
  onBlock(peer: TorrentPeer, piece: OpenPiece, block: number): void;
  /** Bytes came that are of no use. */
  onWaste(length: number): void;
  /** Stops a peer's writing of the block it is receiving. */
  detachWriter(peer: PeerKey): void;
  onClose(peer: TorrentPeer, reason: unknown): void;
}
