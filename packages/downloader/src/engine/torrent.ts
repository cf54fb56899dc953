import type { InfoHash, PeerId, PieceLayout } from '@millrace/metainfo';
import { reservedBytes } from '@millrace/peer-wire';
import type { Clock, Timer } from '../clock.ts';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import { PieceBuffers } from '../piece/piece-buffers.ts';
import { BlockPicker } from '../policy/block-picker.ts';
import { PiecePicker, type PeerKey } from '../policy/piece-picker.ts';
import { RateMeter, type DownloadPhase, type DownloadStatistics } from '../statistics.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import { Connector, type Dial } from './connector.ts';
import { Peer, type PeerOwner } from './peer.ts';
import { PieceKeeper } from './piece-keeper.ts';

export interface TorrentOptions {
  readonly infoHash: InfoHash;
  readonly peerId: PeerId;
  readonly layout: PieceLayout;
  readonly store: PieceStore;
  readonly sources: readonly PeerSource[];
  readonly dial: Dial;
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Connections kept open at once. */
  readonly maxPeers: number;
  /** Budget for piece buffers, in bytes. */
  readonly memoryBytes: number;
  /** Time allowed for a requested block to arrive, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** The pieces to fetch. @defaultValue all */
  readonly wanted?: readonly number[] | undefined;
  readonly onEvent: (event: DownloadEvent) => void;
}

const TICK_MS = 500;
/** Time between ticks above which what peers sent may lie unread: the event loop was busy, or the machine asleep. */
const MAX_TICK_MS = 1.5 * TICK_MS;
/** Time after which a peer that has nothing for us makes room for another. */
const MAX_IDLE_MS = 60_000;
/** The same for one that chokes us: others let strangers in for half a minute, in turns. */
const MAX_CHOKED_MS = 120_000;
/** Requests that a peer is trusted with before it has given a right piece. */
const MIN_PROBATION_WINDOW = 16;

/**
 * Downloads one torrent. It alone changes the torrent's state: sessions, timers, sources and the store hand it events.
 * A piece is missing, open, being committed, or had, never two.
 */
export class Torrent implements PeerOwner {
  readonly blocks: BlockPicker;
  readonly requestTimeoutMs: number;
  readonly #options: TorrentOptions;
  readonly #picker: PiecePicker;
  readonly #keeper: PieceKeeper;
  readonly #connector: Connector;
  /** Peers with room for requests and nothing to ask them for. */
  readonly #starved = new Set<Peer>();
  readonly #rate: RateMeter;
  readonly #startMs: number;
  /** Ends sources and connections. */
  readonly #halt = new AbortController();
  readonly #outcome = Promise.withResolvers<void>();
  #endMs: number | undefined;
  #tickTimer: Timer | undefined;
  #lastTickMs: number;
  #openCount = 0;
  #phase: DownloadPhase = 'checking';
  #checkedLength = 0;
  #downloadedLength = 0;
  #wastedLength = 0;

  constructor(options: TorrentOptions) {
    const { layout, store, random, wanted } = options;
    this.#options = options;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.#picker = new PiecePicker(layout.pieceCount, wanted === undefined ? { random } : { random, wanted });
    const buffers = new PieceBuffers({
      bufferLength: layout.maxPieceLength,
      memoryBytes: options.memoryBytes,
      allocate: (length) => store.allocate(length),
    });
    this.blocks = new BlockPicker(this.#picker, layout, buffers);
    this.#keeper = this.#makeKeeper();
    this.#connector = this.#makeConnector();
    this.#startMs = this.now();
    this.#lastTickMs = this.#startMs;
    this.#rate = new RateMeter(this.#startMs);
    // Someone waits for it only while downloading.
    this.#outcome.promise.catch(() => {});
  }

  get isBehind(): boolean {
    return this.#keeper.isBehind;
  }

  now(): number {
    return this.#options.clock.now();
  }

  /**
   * Checks what is there, fetches the rest, and lets go of everything, whatever happens.
   *
   * @throws {DownloadError} what the store reports; `NO_SOURCES`. Rejects with the signal's reason when it aborts.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { store, sources } = this.#options;
    try {
      signal.throwIfAborted();
      await this.#examine(signal);
      if (this.#picker.leftCount > 0) await this.#download(signal);
      await store.finish();
      this.#phase = 'complete';
      // To a tracker, completed and nothing left means a seeder: it would send peers who want the rest.
      if (this.#keeper.missingLength === 0) for (const source of sources) source.completed();
      this.#emit({ type: 'completed', bytes: this.#keeper.haveLength });
    } finally {
      await this.#close();
    }
  }

  statistics(): DownloadStatistics {
    const { wantedLength: bytesTotal, haveLength: bytesHave, haveCount, wantedCount } = this.#keeper;
    const downloadRate = this.#phase === 'downloading' ? this.#rate.perSecond : 0;
    return {
      phase: this.#phase,
      bytesTotal,
      bytesHave,
      bytesMissing: this.#keeper.missingLength,
      bytesChecked: this.#checkedLength,
      downloadedBytes: this.#downloadedLength,
      wastedBytes: this.#wastedLength,
      downloadRate,
      etaMs: downloadRate < 1 ? undefined : ((bytesTotal - bytesHave) / downloadRate) * 1_000,
      peersConnected: this.#openCount,
      peersKnown: this.#connector.knownCount,
      piecesHave: haveCount,
      pieceCount: wantedCount,
      durationMs: (this.#endMs ?? this.now()) - this.#startMs,
    };
  }

  /** Returns a byte per piece: 0 missing, 1 on its way, 2 had, 3 neither had nor wanted. A copy. */
  pieceStates(): Uint8Array<ArrayBuffer> {
    return this.#keeper.states();
  }

  onOpen(peer: Peer): void {
    this.#openCount += 1;
    this.#emit({ type: 'peerConnected', peer: peer.name });
  }

  onBitfield(peer: Peer): void {
    const { remoteHave } = peer.session;
    this.#picker.addPeer(peer.key, remoteHave);
    if (remoteHave.isFull) peer.leftCount = this.#picker.leftCount;
    else for (const index of remoteHave) if (this.#picker.isLeft(index)) peer.leftCount += 1;
    peer.showInterest();
  }

  onHave(peer: Peer, index: number): void {
    // The first piece told by `have` is in the bitfield already.
    if (peer.session.remoteHave.count === 1) this.#picker.addPeer(peer.key, peer.session.remoteHave);
    else this.#picker.peerHas(peer.key, index);
    if (!this.#picker.isLeft(index)) return;
    peer.leftCount += 1;
    peer.showInterest();
  }

  onStarved(peer: Peer): void {
    this.#starved.add(peer);
  }

  onIdle(peer: Peer, idleMs: number): void {
    const piece = this.blocks.blocker(peer.key, peer.session.remoteHave, idleMs);
    if (piece === undefined) return;
    // Of those who wait, the one that has given most.
    for (const { usefulLength, session } of this.#starved)
      if (usefulLength > peer.usefulLength && session.remoteHave.has(piece.index)) return;
    if (piece.exclusiveTo !== undefined) this.#connector.peer(piece.exclusiveTo)?.takeBack();
    this.blocks.giveUp(piece);
    peer.pump(this.now());
    this.#feedStarved();
  }

  onReleased(): void {
    this.#feedStarved();
  }

  onWaste(length: number): void {
    this.#wastedLength += length;
  }

  onBlock(peer: Peer, piece: OpenPiece, block: number): void {
    this.#downloadedLength += piece.blockLength(block);
    if (piece.isAsked(block)) {
      for (const other of piece.asked(block)) {
        if (other !== peer.key) this.#connector.peer(other)?.cancel(piece, block);
      }
    }
    if (piece.isComplete) this.#keeper.commit(piece);
  }

  detachWriter(key: PeerKey): void {
    this.#connector.peer(key)?.session.skipBlock();
  }

  onClose(peer: Peer, reason: unknown): void {
    this.#starved.delete(peer);
    this.#picker.removePeer(peer.key);
    this.#connector.ended(peer);
    if (peer.session.isOpen) this.#openCount -= 1;
    if (!this.#halt.signal.aborted) this.#emit({ type: 'peerDropped', peer: peer.name, reason });
  }

  #makeConnector(): Connector {
    const { infoHash, peerId, layout, dial, maxPeers } = this.#options;
    const handshake = { infoHash, peerId, reserved: reservedBytes() };
    // What a liar can cost us: a piece, or a few where pieces are small.
    const probationWindow = Math.max(MIN_PROBATION_WINDOW, layout.blockCount(0));
    return new Connector({
      dial,
      maxPeers,
      now: () => this.now(),
      makePeer: (key, name) =>
        new Peer(this, { key, name, handshake, pieceCount: layout.pieceCount, probationWindow }),
      signal: this.#halt.signal,
    });
  }

  #makeKeeper(): PieceKeeper {
    const { store, layout, wanted } = this.#options;
    return new PieceKeeper({
      store,
      layout,
      wanted,
      picker: this.#picker,
      blocks: this.blocks,
      onVerified: (index, contributors) => this.#verified(index, contributors),
      onRejected: (index, length, contributors) => this.#rejected(index, length, contributors),
      onError: (error) => this.#outcome.reject(error),
      onRoom: () => this.#feedStarved(),
    });
  }

  async #examine(signal: AbortSignal): Promise<void> {
    const { store } = this.#options;
    const onProgress = (checkedLength: number): void => {
      this.#checkedLength = checkedLength;
    };
    for (const index of await store.examine({ signal, onProgress })) this.#keeper.add(index);
    const { haveLength, haveCount, wantedLength, wantedCount } = this.#keeper;
    this.#emit({
      type: 'checked',
      piecesHave: haveCount,
      pieceCount: wantedCount,
      bytesHave: haveLength,
      bytesLeft: wantedLength - haveLength,
    });
  }

  async #download(signal: AbortSignal): Promise<void> {
    const { sources } = this.#options;
    if (sources.length === 0) throw new DownloadError({ code: 'NO_SOURCES' });
    this.#phase = 'downloading';
    this.#lastTickMs = this.now();
    const onAbort = (): void => this.#outcome.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const finding = Promise.all(sources.map((source) => this.#find(source)));
    this.#tick();
    try {
      await this.#outcome.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#halt.abort();
      await finding;
    }
  }

  /** Takes in what one source finds, until it ends. */
  async #find(source: PeerSource): Promise<void> {
    try {
      for await (const addresses of source.find(this.#halt.signal)) {
        this.#connector.add(addresses);
        this.#connectMore();
      }
    } catch (error) {
      this.#outcome.reject(error);
    }
  }

  #tick(): void {
    const nowMs = this.now();
    const wasAway = nowMs - this.#lastTickMs > MAX_TICK_MS;
    this.#lastTickMs = nowMs;
    this.#tickTimer = this.#options.clock.setTimer(TICK_MS, () => this.#tick());
    try {
      this.#rate.sample(this.#downloadedLength, nowMs);
      for (const peer of this.#connector.peers) {
        if (wasAway) peer.excuse(nowMs);
        else peer.tick(nowMs);
      }
      if (this.#connector.isFull) this.#makeRoom(nowMs);
      this.#connectMore();
      this.#feedStarved();
    } catch (error) {
      this.#outcome.reject(error); // no one else would catch it: this is a timer's
    }
  }

  /** Lets one peer go that has given us nothing for a while, and is not going to. */
  #makeRoom(nowMs: number): void {
    for (const peer of this.#connector.peers) {
      const { leftCount, session, lastUseMs } = peer;
      if (leftCount > 0 && !session.remote.choking) continue;
      if (nowMs - lastUseMs < (leftCount > 0 ? MAX_CHOKED_MS : MAX_IDLE_MS)) continue;
      peer.close(new DownloadError({ code: 'PEER_NOT_NEEDED' }));
      return;
    }
  }

  #connectMore(): void {
    if (!this.#connector.connect(TICK_MS)) for (const source of this.#options.sources) source.wantMore();
  }

  /** Gives those a chance that had nothing to ask for: memory came free, or blocks did. */
  #feedStarved(): void {
    if (this.#starved.size === 0 || this.#halt.signal.aborted) return;
    const nowMs = this.now();
    const peers = [...this.#starved];
    this.#starved.clear();
    for (const peer of peers) peer.pump(nowMs);
  }

  #verified(index: number, contributors: ReadonlySet<PeerKey>): void {
    for (const key of contributors) this.#connector.peer(key)?.pipeline.endProbation();
    for (const peer of this.#connector.peers) {
      if (!peer.session.remoteHave.has(index)) continue;
      peer.leftCount -= 1;
      if (peer.leftCount === 0) peer.showInterest();
    }
    const bytesLeft = this.#keeper.wantedLength - this.#keeper.haveLength;
    this.#emit({ type: 'pieceVerified', index, bytesLeft });
    if (this.#picker.leftCount === 0) this.#outcome.resolve();
  }

  #rejected(index: number, length: number, contributors: ReadonlySet<PeerKey>): void {
    this.#wastedLength += length;
    const names = Array.from(contributors, (key) => this.#connector.nameOf(key));
    this.#emit({ type: 'pieceRejected', index, peers: names });
    const [culprit, ...others] = contributors;
    // Guilt that is shared proves nothing: the next try is from one peer alone.
    if (culprit === undefined || others.length > 0) return;
    const name = this.#connector.nameOf(culprit);
    if (!this.#connector.ban(name)) return;
    this.#emit({ type: 'peerBanned', peer: name });
    this.#connector.peer(culprit)?.close(new DownloadError({ code: 'PEER_CORRUPT', pieceIndex: index }));
  }

  async #close(): Promise<void> {
    const { sources, store } = this.#options;
    this.#halt.abort();
    this.#tickTimer?.cancel();
    if (this.#phase !== 'complete') this.#phase = 'stopped';
    await this.#connector.close(this.#halt.signal.reason);
    await this.#keeper.settled();
    this.#endMs = this.now();
    const endings = [store.close(), ...sources.map(async (source) => source.stop())];
    await Promise.allSettled(endings);
    await Promise.all(endings);
  }

  /** A listener that throws ends the download, not the peer whose message it was told of. */
  #emit(event: DownloadEvent): void {
    try {
      this.#options.onEvent(event);
    } catch (error) {
      this.#outcome.reject(error);
    }
  }
}
