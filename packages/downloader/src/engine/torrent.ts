import type { InfoHash, PeerId, PieceLayout } from '@millrace/metainfo';
import { Bitfield, reservedBytes, type ByteStream, type ByteStreamHandler } from '@millrace/peer-wire';
import { formatPeerAddress, type PeerAddress } from '@millrace/tracker-client';
import type { Clock, Timer } from '../clock.ts';
import { DownloadError } from '../error.ts';
import type { DownloadEvent } from '../events.ts';
import type { PeerSource } from '../peer-source.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import { PieceBuffers } from '../piece/piece-buffers.ts';
import { BlockPicker } from '../policy/block-picker.ts';
import { PeerList } from '../policy/peer-list.ts';
import { PiecePicker, type PeerKey } from '../policy/piece-picker.ts';
import { RateMeter, type DownloadPhase, type DownloadStatistics } from '../statistics.ts';
import type { PieceStore } from '../storage/piece-store.ts';
import { Peer, type PeerOwner } from './peer.ts';

/** Opens a stream to a peer; rejects if it cannot. */
export type Dial = (
  address: PeerAddress,
  handler: ByteStreamHandler,
  options: { readonly signal: AbortSignal },
) => Promise<ByteStream>;

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
/** Connections that may be opening at once. */
const MAX_HALF_OPEN = 32;
/** Time after which a peer that has nothing for us makes room for another. */
const MAX_IDLE_MS = 60_000;
/** Ended connections whose names are remembered, to know who gave a bad piece. */
const MAX_NAMES = 10_000;

/**
 * Downloads one torrent. It alone changes the torrent's state: sessions, timers, sources and the store hand it events.
 * A piece is missing, open, being committed, or had, never two.
 */
export class Torrent implements PeerOwner {
  readonly blocks: BlockPicker;
  readonly requestTimeoutMs: number;
  readonly #options: TorrentOptions;
  readonly #picker: PiecePicker;
  readonly #have: Bitfield;
  readonly #list = new PeerList();
  readonly #peers = new Map<PeerKey, Peer>();
  readonly #names = new Map<PeerKey, string>();
  readonly #starved = new Set<Peer>();
  readonly #committing = new Map<number, Promise<void>>();
  readonly #dials = new Set<Promise<void>>();
  readonly #rate: RateMeter;
  readonly #startMs: number;
  /** Ends sources and dials. */
  readonly #halt = new AbortController();
  readonly #outcome = Promise.withResolvers<void>();
  #endMs: number | undefined;
  #tickTimer: Timer | undefined;
  #nextKey: PeerKey = 0;
  #openCount = 0;
  #phase: DownloadPhase = 'checking';
  #checkedLength = 0;
  #haveLength = 0;
  #downloadedLength = 0;
  #wastedLength = 0;

  constructor(options: TorrentOptions) {
    const { layout, clock, store } = options;
    this.#options = options;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.#have = new Bitfield(layout.pieceCount);
    this.#picker = new PiecePicker(layout.pieceCount, {
      random: options.random,
      ...(options.wanted === undefined ? {} : { wanted: options.wanted }),
    });
    const buffers = new PieceBuffers({
      bufferLength: layout.maxPieceLength,
      memoryBytes: options.memoryBytes,
      allocate: (length) => store.allocate(length),
    });
    this.blocks = new BlockPicker(this.#picker, layout, buffers);
    this.#startMs = clock.now();
    this.#rate = new RateMeter(this.#startMs);
    // Someone waits for it only while downloading.
    this.#outcome.promise.catch(() => {});
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
      for (const source of sources) source.completed();
      this.#emit({ type: 'completed', bytes: this.#haveLength });
    } finally {
      await this.#close();
    }
  }

  statistics(): DownloadStatistics {
    const { totalLength: bytesTotal, pieceCount } = this.#options.layout;
    const downloadRate = this.#phase === 'downloading' ? this.#rate.perSecond : 0;
    return {
      phase: this.#phase,
      bytesTotal,
      bytesHave: this.#haveLength,
      bytesChecked: this.#checkedLength,
      downloadedBytes: this.#downloadedLength,
      wastedBytes: this.#wastedLength,
      downloadRate,
      etaMs: downloadRate < 1 ? undefined : ((bytesTotal - this.#haveLength) / downloadRate) * 1_000,
      peersConnected: this.#openCount,
      peersKnown: this.#list.size,
      piecesHave: this.#have.count,
      pieceCount,
      durationMs: (this.#endMs ?? this.now()) - this.#startMs,
    };
  }

  /** Returns a byte per piece: 0 missing, 1 on its way, 2 had. A copy. */
  pieceStates(): Uint8Array<ArrayBuffer> {
    const states = new Uint8Array(this.#options.layout.pieceCount);
    for (const piece of this.blocks.openPieces) states[piece.index] = 1;
    for (const index of this.#committing.keys()) states[index] = 1;
    for (const index of this.#have) states[index] = 2;
    return states;
  }

  onOpen(peer: Peer): void {
    this.#openCount += 1;
    this.#emit({ type: 'peerConnected', peer: peer.name });
  }

  onBitfield(peer: Peer): void {
    this.#picker.addPeer(peer.key, peer.session.remoteHave);
    if (peer.session.remoteHave.isFull) peer.leftCount = this.#picker.leftCount;
    else for (const index of peer.session.remoteHave) if (this.#picker.isLeft(index)) peer.leftCount += 1;
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

  onReleased(): void {
    this.#feedStarved();
  }

  onWaste(length: number): void {
    this.#wastedLength += length;
  }

  onBlock(peer: Peer, piece: OpenPiece, block: number): void {
    this.#downloadedLength += piece.blockLength(block);
    if (piece.isAsked(block)) {
      for (const other of piece.asked(block))
        if (other !== peer.key) this.#peers.get(other)?.cancel(piece, block);
    }
    if (piece.isComplete) this.#commit(piece);
  }

  detachWriter(key: PeerKey): void {
    this.#peers.get(key)?.session.skipBlock();
  }

  onClose(peer: Peer, reason: unknown): void {
    this.#peers.delete(peer.key);
    this.#starved.delete(peer);
    this.#picker.removePeer(peer.key);
    this.#list.gave(peer.name, peer.usefulLength);
    this.#list.ended(peer.name, this.now(), peer.usefulLength > 0);
    if (peer.session.isOpen) this.#openCount -= 1;
    if (!this.#halt.signal.aborted) this.#emit({ type: 'peerDropped', peer: peer.name, reason });
  }

  async #examine(signal: AbortSignal): Promise<void> {
    const { store, layout } = this.#options;
    const onProgress = (checkedLength: number): void => {
      this.#checkedLength = checkedLength;
    };
    const found = await store.examine({ signal, onProgress });
    for (const index of found) this.#count(index);
    this.#emit({
      type: 'checked',
      piecesHave: this.#have.count,
      pieceCount: layout.pieceCount,
      bytesHave: this.#haveLength,
      bytesLeft: layout.totalLength - this.#haveLength,
    });
  }

  async #download(signal: AbortSignal): Promise<void> {
    const { sources } = this.#options;
    if (sources.length === 0) throw new DownloadError({ code: 'NO_SOURCES' });
    this.#phase = 'downloading';
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

  /** Takes in what one source finds. A source that breaks ends itself, not the download. */
  async #find(source: PeerSource): Promise<void> {
    try {
      for await (const addresses of source.find(this.#halt.signal)) {
        for (const address of addresses) this.#list.add(formatPeerAddress(address), address, this.now());
        this.#connectMore();
      }
    } catch (error) {
      this.#outcome.reject(error);
    }
  }

  #tick(): void {
    const nowMs = this.now();
    this.#rate.sample(this.#downloadedLength, nowMs);
    for (const peer of this.#peers.values()) peer.tick(nowMs);
    this.#makeRoom(nowMs);
    this.#connectMore();
    this.#feedStarved();
    this.#tickTimer = this.#options.clock.setTimer(TICK_MS, () => this.#tick());
  }

  /** Lets a peer go that has had nothing for us for a while, if someone else waits. */
  #makeRoom(nowMs: number): void {
    if (this.#peers.size < this.#options.maxPeers || this.#list.size <= this.#peers.size) return;
    for (const peer of this.#peers.values()) {
      if (peer.leftCount > 0 || nowMs - peer.idleSinceMs < MAX_IDLE_MS) continue;
      peer.close(new DownloadError({ code: 'PEER_NOT_NEEDED' }));
      return;
    }
  }

  #connectMore(): void {
    const { maxPeers, sources } = this.#options;
    if (this.#halt.signal.aborted) return;
    const nowMs = this.now();
    while (this.#dials.size < MAX_HALF_OPEN && this.#peers.size < maxPeers) {
      const candidate = this.#list.next(nowMs);
      if (candidate === undefined) break;
      const dial = this.#dial(candidate.key, candidate.address);
      this.#dials.add(dial);
      void dial.finally(() => this.#dials.delete(dial));
    }
    if (!this.#list.hasHope(nowMs, TICK_MS)) for (const source of sources) source.wantMore();
  }

  async #dial(name: string, address: PeerAddress): Promise<void> {
    const { infoHash, peerId, layout, dial } = this.#options;
    const key = this.#nextKey;
    this.#nextKey += 1;
    const handshake = { infoHash, peerId, reserved: reservedBytes() };
    const peer = new Peer(this, { key, name, handshake, pieceCount: layout.pieceCount });
    this.#peers.set(key, peer);
    this.#rememberName(key, name);
    try {
      peer.attach(await dial(address, peer, { signal: this.#halt.signal }));
    } catch (error) {
      peer.onClose(error);
    }
  }

  #rememberName(key: PeerKey, name: string): void {
    this.#names.set(key, name);
    if (this.#names.size <= MAX_NAMES) return;
    for (const old of this.#names.keys()) {
      if (this.#peers.has(old)) continue;
      this.#names.delete(old);
      return;
    }
  }

  /** Gives those a chance that had nothing to ask for: memory came free, or blocks did. */
  #feedStarved(): void {
    if (this.#starved.size === 0 || this.#halt.signal.aborted) return;
    const nowMs = this.now();
    const peers = [...this.#starved];
    this.#starved.clear();
    for (const peer of peers) peer.pump(nowMs);
  }

  #commit(piece: OpenPiece): void {
    this.blocks.take(piece);
    this.#committing.set(piece.index, this.#settle(piece));
  }

  async #settle(piece: OpenPiece): Promise<void> {
    const { index } = piece;
    try {
      const isRight = await this.#options.store.commit(index, piece.bytes());
      this.#committing.delete(index);
      if (isRight) this.#verified(index);
      else this.#rejected(piece);
    } catch (error) {
      this.#committing.delete(index);
      this.blocks.failed(index, false);
      this.#outcome.reject(error);
    }
    piece.close();
    this.#feedStarved();
  }

  #verified(index: number): void {
    this.#count(index);
    for (const peer of this.#peers.values()) {
      if (!peer.session.remoteHave.has(index)) continue;
      peer.leftCount -= 1;
      if (peer.leftCount === 0) peer.showInterest();
    }
    const { totalLength } = this.#options.layout;
    this.#emit({ type: 'pieceVerified', index, bytesLeft: totalLength - this.#haveLength });
    if (this.#picker.leftCount === 0) this.#outcome.resolve();
  }

  #rejected(piece: OpenPiece): void {
    const { index } = piece;
    const contributors = [...piece.contributors()];
    this.#wastedLength += piece.length;
    const names = contributors.map((key) => this.#names.get(key) ?? 'unknown');
    this.#emit({ type: 'pieceRejected', index, peers: names });
    this.blocks.failed(index, contributors.length > 1);
    const [culprit, ...others] = contributors;
    // Guilt that is shared proves nothing: the next try is from one peer alone.
    if (culprit === undefined || others.length > 0) return;
    this.#list.ban(names[0] ?? '');
    this.#emit({ type: 'peerBanned', peer: names[0] ?? '' });
    this.#peers.get(culprit)?.close(new DownloadError({ code: 'PEER_CORRUPT', pieceIndex: index }));
  }

  #count(index: number): void {
    if (!this.#have.add(index)) return;
    this.#picker.complete(index);
    this.#haveLength += this.#options.layout.pieceLength(index);
  }

  async #close(): Promise<void> {
    const { sources, store } = this.#options;
    this.#halt.abort();
    this.#tickTimer?.cancel();
    if (this.#phase !== 'complete') this.#phase = 'stopped';
    for (const peer of this.#peers.values()) peer.close(this.#halt.signal.reason);
    await Promise.all([...this.#committing.values(), ...this.#dials]);
    this.#endMs = this.now();
    await Promise.all([store.close(), ...sources.map((source) => source.stop())]);
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
