import type { PeerId } from '@millrace/metainfo';
import type { PeerAddress } from '@millrace/tracker-client';
import type { Clock } from '../clock.ts';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { PeerOrigin } from '../peer-source.ts';
import { ScratchBlocks } from '../piece/scratch-blocks.ts';
import type { BlockPicker } from '../policy/block-picker.ts';
import type { ConnectionLimits } from '../policy/connection-limits.ts';
import type { PeerKey, PiecePicker } from '../policy/piece-picker.ts';
import type { RateLimiter } from '../policy/rate-limiter.ts';
import { Acquaintances } from './acquaintances.ts';
import { Connector, type Dial } from './connector.ts';
import { idlePeer, lesserPeer } from './dispensable-peer.ts';
import { makePeer, type MakePeerOptions } from './make-peer.ts';
import type { PeerPool } from './peer-pool.ts';
import type { Peer } from './peer.ts';
import type { PeerOwner, TorrentPeer } from './peer-owner.ts';
import { PieceClaims } from './piece-claims.ts';
import type { PieceKeeper } from './piece-keeper.ts';
import { StarvedPeers } from './starved-peers.ts';
import { Giving } from './upload/giving.ts';
import type { Uploads } from './upload/uploads.ts';

export interface CrewOptions extends MakePeerOptions {
  readonly pool: PeerPool;
  readonly dial: Dial;
  readonly limits?: ConnectionLimits | undefined;
  readonly now: () => number;
  readonly maxPeers: number;
  readonly memoryBytes: number;
  readonly requestTimeoutMs: number;
  readonly picker: PiecePicker;
  readonly blocks: BlockPicker;
  readonly keeper: PieceKeeper;
  readonly uploads: Uploads;
  readonly clock: Clock;
  readonly random: () => number;
  /** How fast may be asked for. */
  readonly downloadLimiter: RateLimiter;
  /** Bytes a second that may be sent. */
  readonly uploadLimit: () => number;
  readonly uploadSlots?: number | undefined;
  /** Ends connections that are still being opened. */
  readonly signal: AbortSignal;
  readonly emit: (event: DownloadEvent) => void;
}

/** Share of connections that only we may open. */
const OUTGOING_SHARE = 0.2;
/** Blocks that may come from two peers at once, and the share of the memory budget that they take at the most. */
const MAX_SCRATCH_BLOCKS = 16;
const SCRATCH_SHARE = 1 / 2 ** 20;

/**
 * The peers at work on a torrent: has them connected and lets them go, and counts what they bring. {@link StarvedPeers} knows who
 * waits for something to do, {@link Giving} who gets what.
 */
export class Crew implements PeerOwner {
  readonly blocks: BlockPicker;
  readonly scratch: ScratchBlocks;
  readonly claims: PieceClaims;
  readonly requestTimeoutMs: number;
  readonly starved: StarvedPeers;
  readonly uploads: Uploads;
  readonly giving: Giving;
  readonly downloadLimiter: RateLimiter;
  readonly #options: CrewOptions;
  readonly #connector: Connector<Peer>;
  readonly #acquaintances: Acquaintances;
  #openCount = 0;
  #downloadedLength = 0;
  #wastedLength = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.blocks = options.blocks;
    this.claims = new PieceClaims(options.picker);
    this.scratch = new ScratchBlocks(
      Math.min(Math.ceil(options.memoryBytes * SCRATCH_SHARE), MAX_SCRATCH_BLOCKS),
    );
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.uploads = options.uploads;
    this.downloadLimiter = options.downloadLimiter;
    const { blocks, clock, signal, uploadSlots: slots } = options;
    const peer = (key: PeerKey): Peer | undefined => this.#connector.peer(key);
    const isBehind = (): boolean => this.isBehind;
    this.starved = new StarvedPeers({ blocks, peer, isBehind, clock, signal });
    const peers = (): Iterable<Peer> => this.#connector.peers;
    this.giving = new Giving({ ...options, slots, peers });
    this.#connector = this.#makeConnector(peers);
    this.#acquaintances = new Acquaintances(options);
  }

  /** Peers that shook hands and are connected. */
  get openCount(): number {
    return this.#openCount;
  }

  /** They, by who named them. */
  get openByOrigin(): Partial<Record<PeerOrigin, number>> {
    return this.#connector.countByOrigin();
  }

  /** Connected peers that want something from us. */
  get interestedCount(): number {
    let count = 0;
    for (const { isOpen, session } of this.#connector.peers)
      if (isOpen && session.remote.interested) count += 1;
    return count;
  }

  /** Block bytes that came and were wanted. */
  get downloadedLength(): number {
    return this.#downloadedLength;
  }

  /** Bytes that came to nothing. */
  get wastedLength(): number {
    return this.#wastedLength;
  }

  get leftCount(): number {
    return this.#options.picker.leftCount;
  }

  get isBehind(): boolean {
    return this.#options.keeper.isBehind;
  }

  now(): number {
    return this.#options.now();
  }

  /**
   * Looks after every peer, and connects to more.
   *
   * @param wasAway - Whether what peers sent may lie unread.
   * @param soonMs - Time until it is called again.
   */
  tick(nowMs: number, wasAway: boolean, soonMs: number): void {
    for (const peer of this.#connector.peers) {
      if (wasAway) peer.excuse(nowMs);
      else peer.tick(nowMs);
    }
    this.giving.tick();
    if (this.#connector.isFull) this.#makeRoom();
    this.connectMore(soonMs);
    this.blocks.giveOut();
    this.starved.feed();
  }

  connectMore(soonMs: number): void {
    if (!this.#connector.connect(soonMs)) this.#options.pool.wantMore();
  }

  /** Makes our end of a connection that a peer opened; `undefined` if there is no place for it. */
  welcome(address: PeerAddress): Peer | undefined {
    const { maxPeers, isSeeding } = this.#options;
    // Someone who has everything has no one to choose.
    const maxIncoming = isSeeding() ? maxPeers : Math.ceil(maxPeers * (1 - OUTGOING_SHARE));
    if (this.#connector.count >= maxIncoming && !this.#makeRoom()) this.#makeRoomFor(address);
    return this.#connector.count < maxIncoming ? this.#connector.accept(address) : undefined;
  }

  /** A piece is verified: these gave it. */
  verified(index: number, contributors: ReadonlySet<PeerKey>): void {
    for (const key of contributors) this.#connector.peer(key)?.pipeline.endProbation();
    this.claims.verified(index);
    this.giving.verified(index);
  }

  /** Says to every peer whether there is something we want of it. */
  showInterest(): void {
    for (const peer of this.#connector.peers) peer.showInterest();
  }

  /** A piece is not there any more: no one gets it, and all are told. */
  lost(index: number): void {
    for (const peer of this.#connector.peers) peer.lost(index);
  }

  /** A piece of so many bytes failed its hash: these gave it. Answers their names. */
  rejected(length: number, contributors: ReadonlySet<PeerKey>): readonly string[] {
    this.#wastedLength += length;
    return Array.from(contributors, (key) => this.#connector.nameOf(key));
  }

  /** Lets go of a peer that gave wrong bytes, for good, also where it came back meanwhile. */
  ban(key: PeerKey, index: number): void {
    const name = this.#connector.nameOf(key);
    if (!this.#connector.ban(key)) return;
    this.#options.emit({ type: 'peerBanned', peer: name });
    for (const peer of this.#connector.peers)
      if (this.#connector.isBanned(peer))
        peer.close(new DownloadError({ code: 'PEER_CORRUPT', pieceIndex: index }));
  }

  /** Lets go of every peer. */
  async close(reason: unknown): Promise<void> {
    this.starved.close();
    this.giving.close();
    await this.#connector.close(reason);
  }

  onOpen(peer: Peer, peerId: PeerId): void {
    this.#openCount += 1;
    this.#acquaintances.meet(peer, peerId);
    this.giving.met(peer);
    this.#options.emit({ type: 'peerConnected', peer: peer.name, origin: this.#connector.originOf(peer) });
  }

  onListens(peer: Peer, port: number): void {
    this.#connector.listens(peer, port);
  }

  onWaste(length: number): void {
    this.#wastedLength += length;
  }

  onBlock(peer: TorrentPeer, piece: OpenPiece, block: number): void {
    this.#downloadedLength += piece.blockLength(block);
    if (piece.isAsked(block)) {
      for (const other of piece.asked(block)) {
        if (other !== peer.key) this.#connector.peer(other)?.cancel(piece, block);
      }
    }
    if (piece.isComplete) this.#options.keeper.commit(piece);
  }

  detachWriter(key: PeerKey): void {
    this.#connector.peer(key)?.session.skipBlock();
  }

  onClose(peer: Peer, reason: unknown): void {
    const { signal, emit } = this.#options;
    this.starved.left(peer);
    this.claims.gone(peer);
    this.#acquaintances.part(peer);
    this.giving.left(peer);
    this.#connector.ended(peer, reason);
    if (peer.isOpen) this.#openCount -= 1;
    if (!signal.aborted) emit({ type: 'peerDropped', peer: peer.name, reason });
  }

  #makeConnector(peers: () => Iterable<Peer>): Connector<Peer> {
    const { pool, dial, limits, maxPeers, signal } = this.#options;
    return new Connector({
      limits,
      list: pool.list,
      dial,
      maxPeers,
      now: () => this.now(),
      makePeer: (newPeer) => makePeer(this, newPeer, this.#options, peers),
      signal,
    });
  }

  /** Lets one peer go that is of no use any more. Answers whether there was one. */
  #makeRoom(): boolean {
    return letGo(idlePeer(this.#connector.peers, this.#options.pool.list, this.now()));
  }

  /** Lets one peer go that a newcomer is preferred to, if there is one. */
  #makeRoomFor(address: PeerAddress): void {
    letGo(lesserPeer(this.#connector.peers, this.#options.pool.list, address));
  }
}

function letGo(peer: Peer | undefined): boolean {
  peer?.close(new DownloadError({ code: 'PEER_NOT_NEEDED' }));
  return peer !== undefined;
}
