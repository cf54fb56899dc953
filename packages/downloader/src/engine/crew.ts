import type { PeerId, PieceLayout } from '@millrace/metainfo';
import { allowedFastSet, type PexPeer } from '@millrace/peer-wire';
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
import { Connector, type Dial, type NewPeer } from './connector.ts';
import { Acquaintances } from './acquaintances.ts';
import { introduce, isIpAddress, type Identity } from './introduction.ts';
import type { PeerPool } from './peer-pool.ts';
import { Peer } from './peer.ts';
import type { PeerOwner, TorrentPeer } from './peer-owner.ts';
import { PieceClaims } from './piece-claims.ts';
import type { PieceKeeper } from './piece-keeper.ts';
import { Choking } from './upload/choking.ts';
import { HaveNews } from './upload/have-news.ts';
import type { Uploads } from './upload/uploads.ts';

export interface CrewOptions extends Identity {
  /** The info dictionary, to be given to those who have none. */
  readonly metadata?: Uint8Array | undefined;
  readonly layout: PieceLayout;
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
  /** Whether everything wanted is there, and we stay to give. */
  readonly isSeeding: () => boolean;
  /** Ends connections that are still being opened. */
  readonly signal: AbortSignal;
  readonly emit: (event: DownloadEvent) => void;
}

/** Share of connections that only we may open. */
const OUTGOING_SHARE = 0.2;
/** Time after which a peer that has nothing for us makes room for another. */
const MAX_IDLE_MS = 60_000;
/** The same for one that chokes us: others let strangers in for half a minute, in turns. */
const MAX_CHOKED_MS = 120_000;
/** The same for one that waits for its turn with us. */
const MAX_WAITING_MS = 300_000;
/** Requests that a peer is trusted with before it has given a right piece. */
const MIN_PROBATION_WINDOW = 16;
/** Blocks that may come from two peers at once, and the share of the memory budget that they take at the most. */
const MAX_SCRATCH_BLOCKS = 16;
const SCRATCH_SHARE = 1 / 2 ** 20;

/** The peers at work on a torrent: who is connected, who has what we want, who waits for something to do. */
export class Crew implements PeerOwner {
  readonly blocks: BlockPicker;
  readonly scratch: ScratchBlocks;
  readonly claims: PieceClaims;
  readonly requestTimeoutMs: number;
  readonly uploads: Uploads;
  readonly downloadLimiter: RateLimiter;
  readonly #options: CrewOptions;
  readonly #choking: Choking;
  readonly #news: HaveNews;
  readonly #connector: Connector<Peer>;
  readonly #acquaintances: Acquaintances;
  /** Peers with room for requests and nothing to ask them for. */
  readonly #starved = new Set<TorrentPeer>();
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
    const { random, now, isSeeding, uploadLimit, uploadSlots: slots } = options;
    const peers = (): Iterable<Peer> => this.#connector.peers;
    this.#choking = new Choking({ random, now, peers, isSeeding, uploadLimit, slots });
    this.#news = new HaveNews(options.clock, peers);
    this.#connector = this.#makeConnector();
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
    this.#choking.update();
    this.uploads.superSeed?.update();
    if (this.#connector.isFull) this.#makeRoom(nowMs);
    this.connectMore(soonMs);
    this.feedStarved();
  }

  connectMore(soonMs: number): void {
    if (!this.#connector.connect(soonMs)) this.#options.pool.wantMore();
  }

  /** Makes our end of a connection that a peer opened; `undefined` if there is no place for it. */
  welcome(address: PeerAddress): Peer | undefined {
    const { maxPeers, isSeeding } = this.#options;
    // Someone who has everything has no one to choose.
    const maxIncoming = isSeeding() ? maxPeers : Math.ceil(maxPeers * (1 - OUTGOING_SHARE));
    if (this.#connector.count >= maxIncoming && !this.#makeRoom(this.now())) this.#makeRoomFor(address);
    return this.#connector.count < maxIncoming ? this.#connector.accept(address) : undefined;
  }

  /**
   * Gives those a chance that had nothing to ask for: memory came free, or blocks did.
   *
   * @param maxVain - After how many in a row that still find nothing the others need not try.
   */
  feedStarved(maxVain: number = Infinity): void {
    if (this.#starved.size === 0 || this.#options.signal.aborted) return;
    const nowMs = this.now();
    let left = this.#starved.size;
    let vain = 0;
    // Who finds nothing comes last the next time.
    for (const peer of this.#starved) {
      if (left === 0 || vain === maxVain) return;
      left -= 1;
      this.#starved.delete(peer);
      peer.pump(nowMs);
      vain = this.#starved.has(peer) ? vain + 1 : 0;
    }
  }

  /** A piece is verified: these gave it. */
  verified(index: number, contributors: ReadonlySet<PeerKey>): void {
    for (const key of contributors) this.#connector.peer(key)?.pipeline.endProbation();
    this.claims.verified(index);
    this.#news.add(index);
    if (this.leftCount > 0) return;
    for (const peer of this.#connector.peers) peer.showInterest();
  }

  /** A piece is not there any more: no one gets it, and all are told. */
  lost(index: number): void {
    for (const peer of this.#connector.peers) peer.lost(index);
  }

  /** From now on we give only: others are told, and those who give only are let go. */
  beginSeeding(): void {
    for (const peer of this.#connector.peers) {
      if (!peer.isOpen) continue;
      peer.session.updateExtended({ uploadOnly: true });
      peer.flush();
      if (peer.session.remoteHave.isFull || peer.session.remoteExtended.uploadOnly) this.onSeeder(peer);
    }
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
    this.#news.close();
    await this.#connector.close(reason);
  }

  onOpen(peer: Peer, peerId: PeerId): void {
    this.#openCount += 1;
    this.#acquaintances.meet(peer, peerId);
    // What is new is in what it hears of all pieces.
    this.#news.tellNow(peer);
    this.uploads.superSeed?.met(peer);
    this.#options.emit({ type: 'peerConnected', peer: peer.name, origin: this.#connector.originOf(peer) });
  }

  allowedFor(host: string): readonly number[] {
    const { infoHash, layout, keeper } = this.#options;
    if (!isIpAddress(host) || keeper.have.count === 0 || !this.uploads.isOpen) return [];
    const { pieceCount } = layout;
    return allowedFastSet({ infoHash, address: host, pieceCount }).filter((index) => keeper.have.has(index));
  }

  onInterest(peer: TorrentPeer): void {
    this.#choking.changed(peer);
  }

  onSeeder(peer: TorrentPeer): void {
    if (this.#options.isSeeding()) peer.close(new DownloadError({ code: 'PEER_NOT_NEEDED' }));
  }

  onListens(peer: Peer, port: number): void {
    this.#connector.listens(peer, port);
  }

  onStarved(peer: TorrentPeer): void {
    this.#starved.add(peer);
  }

  onIdle(peer: TorrentPeer, idleMs: number): void {
    const piece = this.blocks.blocker(peer.key, peer.session.remoteHave, idleMs);
    if (piece === undefined) return;
    // Of those who wait, the one that has given most.
    for (const { usefulLength, session } of this.#starved)
      if (usefulLength > peer.usefulLength && session.remoteHave.has(piece.index)) return;
    const holder = piece.exclusiveTo === undefined ? undefined : this.#connector.peer(piece.exclusiveTo);
    // Where it is our own limit that makes it last, no one else would be quicker.
    if (holder?.isHeldBack === true) return;
    holder?.takeBack();
    this.blocks.giveUp(piece);
    peer.pump(this.now());
    this.feedStarved();
  }

  onReleased(): void {
    this.feedStarved();
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
    this.#starved.delete(peer);
    this.claims.gone(peer);
    this.#acquaintances.part(peer);
    this.uploads.superSeed?.left(peer);
    this.#choking.left(peer);
    this.#connector.ended(peer, reason);
    if (peer.isOpen) this.#openCount -= 1;
    if (!signal.aborted) emit({ type: 'peerDropped', peer: peer.name, reason });
  }

  #makeConnector(): Connector<Peer> {
    const { pool, dial, limits, maxPeers, signal } = this.#options;
    return new Connector({
      limits,
      list: pool.list,
      dial,
      maxPeers,
      now: () => this.now(),
      makePeer: (options) => this.#makePeer(options),
      signal,
    });
  }

  #makePeer(options: NewPeer): Peer {
    const { layout, metadata } = this.#options;
    // What a liar can cost us: a piece, or a few where pieces are small.
    const probationWindow = Math.max(MIN_PROBATION_WINDOW, layout.blockCount(0));
    const introduction = introduce(this.#options, options.address, () => this.#tellable(), metadata);
    const extended =
      this.#options.isSeeding() && this.uploads.isOpen
        ? { ...introduction.extended, uploadOnly: true }
        : introduction.extended;
    return new Peer(this, {
      ...options,
      ...introduction,
      extended,
      pieceCount: layout.pieceCount,
      probationWindow,
    });
  }

  /** Whom others may be told of. */
  *#tellable(): Generator<PexPeer, void, void> {
    for (const { isOpen, isIncoming, address, session } of this.#connector.peers) {
      // Where someone called from is no place to call.
      if (!isOpen || isIncoming) continue;
      const uploadOnly = session.remoteExtended.uploadOnly || session.remoteHave.isFull;
      yield { ...address, uploadOnly, isReachable: true };
    }
  }

  /** Lets one peer go that has been of no use to us for a while, nor we to it, and is not going to. */
  #makeRoom(nowMs: number): boolean {
    const idle: Peer[] = [];
    for (const peer of this.#connector.peers) {
      const { leftCount, lastUseMs, session } = peer;
      if (leftCount > 0 && !peer.isRefusing(nowMs)) continue;
      const patienceMs = session.remote.interested
        ? MAX_WAITING_MS
        : leftCount > 0
          ? MAX_CHOKED_MS
          : MAX_IDLE_MS;
      if (nowMs - lastUseMs >= patienceMs) idle.push(peer);
    }
    return this.#letGo(this.#leastPreferred(idle));
  }

  /** Lets go of one that gives us nothing and gets nothing, if BEP 40 prefers the newcomer to it. */
  #makeRoomFor(address: PeerAddress): void {
    const { list } = this.#options.pool;
    const peers = Array.from(this.#connector.peers).filter(
      ({ isOpen, usefulLength, session }) => isOpen && usefulLength === 0 && session.local.choking,
    );
    const least = this.#leastPreferred(peers);
    if (least !== undefined && list.priorityOf(address) > list.priorityOf(least.address)) this.#letGo(least);
  }

  #leastPreferred([first, ...others]: readonly Peer[]): Peer | undefined {
    const { list } = this.#options.pool;
    if (first === undefined) return undefined;
    let least = { peer: first, priority: list.priorityOf(first.address) };
    for (const peer of others) {
      const priority = list.priorityOf(peer.address);
      if (priority < least.priority) least = { peer, priority };
    }
    return least.peer;
  }

  #letGo(peer: Peer | undefined): boolean {
    peer?.close(new DownloadError({ code: 'PEER_NOT_NEEDED' }));
    return peer !== undefined;
  }
}
