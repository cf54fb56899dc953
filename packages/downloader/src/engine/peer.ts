import { BLOCK_LENGTH, type BlockRange } from '@millrace/metainfo';
import {
  PeerSession,
  PeerWireError,
  type ByteStream,
  type ByteStreamHandler,
  type Handshake,
  type PeerMessage,
  type SessionHandler,
} from '@millrace/peer-wire';
import { DownloadError } from '../error.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { BlockPicker } from '../policy/block-picker.ts';
import type { PeerKey } from '../policy/piece-picker.ts';
import { RequestPipeline } from '../policy/request-pipeline.ts';

/** What a peer needs of the torrent it belongs to. */
export interface PeerOwner {
  readonly blocks: BlockPicker;
  readonly requestTimeoutMs: number;
  /** Whether finished pieces wait for the disk: nothing more is asked for until some are written. */
  readonly isBehind: boolean;
  now(): number;
  /** The peer shook hands. */
  onOpen(peer: Peer): void;
  /** The peer told which pieces it has; `remoteHave` reflects it. */
  onBitfield(peer: Peer): void;
  onHave(peer: Peer, index: number): void;
  /** There is room for requests, but nothing to ask this peer for. */
  onStarved(peer: Peer): void;
  /** The peer could send, and there was nothing to ask it for, for so long. */
  onIdle(peer: Peer, idleMs: number): void;
  /** Blocks asked of this peer are free for others. */
  onReleased(): void;
  /** A wanted block came: the torrent counts it, and sees to the piece. */
  onBlock(peer: Peer, piece: OpenPiece, block: number): void;
  /** Bytes came that are of no use. */
  onWaste(length: number): void;
  /** Stops a peer's writing of the block it is receiving. */
  detachWriter(peer: PeerKey): void;
  onClose(peer: Peer, reason: unknown): void;
}

/** Blocks that nobody asked for, beyond those that crossed a cancel, before the peer is dropped. */
const MAX_UNREQUESTED = 64;
/** Times in a row that a peer may keep us waiting for `requestTimeoutMs`. */
const MAX_SNUBS = 3;

export interface PeerOptions {
  readonly key: PeerKey;
  /** `host:port`. */
  readonly name: string;
  readonly handshake: Handshake;
  readonly pieceCount: number;
  /** Most requests until the peer has given a right piece. */
  readonly probationWindow: number;
}

/**
 * One connection of a torrent: joins a session, its stream and its request pipeline. A block asked of this peer is in
 * the pipeline and noted in its open piece, both or neither.
 */
export class Peer implements ByteStreamHandler, SessionHandler {
  readonly key: PeerKey;
  readonly name: string;
  readonly session: PeerSession;
  readonly pipeline: RequestPipeline;
  /** Pieces that it has and we want. */
  leftCount = 0;
  /** Block bytes that it brought and we used. */
  usefulLength = 0;
  /** When it last gave us a block, or was called. */
  lastUseMs: number;
  readonly #owner: PeerOwner;
  #stream: ByteStream | undefined;
  #isClosed = false;
  #lastBlockMs: number;
  /** For how long it has had nothing to do while it could; chokes in between do not count. */
  #idleMs = 0;
  #lastTickMs: number;
  #snubCount = 0;
  #unrequestedCount = 0;
  /** Requests taken back: their blocks may still be on the way. */
  #forgivenCount = 0;
  /** Memory for a block that another peer is writing: whoever is first wins. */
  #scratch: Uint8Array | undefined;

  constructor(owner: PeerOwner, options: PeerOptions) {
    this.#owner = owner;
    this.key = options.key;
    this.name = options.name;
    this.pipeline = new RequestPipeline({ probationWindow: options.probationWindow });
    const nowMs = owner.now();
    this.#lastBlockMs = nowMs;
    this.#lastTickMs = nowMs;
    this.lastUseMs = nowMs;
    this.session = new PeerSession({ handshake: options.handshake, pieceCount: options.pieceCount, nowMs });
  }

  /** Hands over the connected stream. */
  attach(stream: ByteStream): void {
    this.#stream = stream;
    if (this.#isClosed) stream.close();
    else this.#flush(this.#owner.now());
  }

  close(reason: unknown): void {
    this.#stream?.close(reason);
    this.onClose(reason);
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    const nowMs = this.#owner.now();
    this.session.receive(chunk, nowMs, this);
    this.pump(nowMs);
  }

  onDrained(): void {
    // What we write is bounded by the request window: there is nothing to hold back.
  }

  onClose(reason: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.session.close();
    this.#letGo();
    this.#owner.blocks.removePeer(this.key);
    this.#owner.onReleased();
    const phase = this.session.isOpen ? 'open' : 'handshaking';
    this.#owner.onClose(this, reason ?? new PeerWireError({ code: 'CLOSED_BY_PEER', phase }));
  }

  onHandshake(): void {
    this.#owner.onOpen(this);
  }

  blockTarget({ index, begin, length }: BlockRange): Uint8Array | undefined {
    const block = begin / BLOCK_LENGTH;
    const piece = this.#owner.blocks.openPiece(index);
    if (piece === undefined || !this.pipeline.has(index, block) || piece.isReceived(block)) return undefined;
    if (length !== piece.blockLength(block)) return undefined;
    const writer = piece.writer(block);
    if (writer === undefined || writer === this.key) return piece.open(block, this.key);
    this.#scratch = new Uint8Array(length);
    return this.#scratch;
  }

  onMessage(message: PeerMessage): void {
    if (this.#isClosed) return;
    switch (message.type) {
      case 'piece':
        this.#onPiece(message.index, message.begin, message.length, message.block);
        break;
      case 'choke':
        this.#letGo();
        this.#owner.blocks.pausePeer(this.key);
        this.#owner.onReleased();
        break;
      case 'bitfield':
        this.#owner.onBitfield(this);
        break;
      case 'have':
        this.#owner.onHave(this, message.index);
        break;
      case 'keepAlive':
      case 'unchoke':
      case 'interested':
      case 'notInterested':
      case 'request':
      case 'cancel':
      case 'unknown':
        break;
    }
  }

  /** Asks for what there is room for, and sends what is queued. */
  pump(nowMs: number): void {
    this.#ask(nowMs);
    this.#flush(nowMs);
  }

  /** Keeps the connection alive, and takes requests back that are owed for too long. */
  tick(nowMs: number): void {
    try {
      this.session.tick(nowMs);
      this.#checkOwed(nowMs);
      this.pump(nowMs);
      this.#checkIdle(nowMs);
    } catch (error) {
      this.close(error);
    }
  }

  /** Does what {@link tick} does, but blames the peer for nothing so far: we were the ones that did not look for a while. */
  excuse(nowMs: number): void {
    this.session.excuse(nowMs);
    this.#lastBlockMs = nowMs;
    this.#lastTickMs = nowMs;
    this.lastUseMs = nowMs;
    this.tick(nowMs);
  }

  /** Takes all requests back; the owner sees to it that others are asked. */
  takeBack(): void {
    this.#letGo((index, begin, length) => this.session.cancel(index, begin, length));
    this.#owner.blocks.pausePeer(this.key);
  }

  /** Tells the peer whether we want something from it. */
  showInterest(): void {
    this.session.send({ type: this.leftCount > 0 ? 'interested' : 'notInterested' });
  }

  /** Takes one request back: another peer was first. */
  cancel(piece: OpenPiece, block: number): void {
    if (!this.pipeline.release(piece.index, block)) return;
    this.#forgivenCount += 1;
    piece.released(block, this.key);
    this.session.cancel(piece.index, block * BLOCK_LENGTH, piece.blockLength(block));
    this.#flush(this.#owner.now());
  }

  #onPiece(index: number, begin: number, length: number, memory: Uint8Array | undefined): void {
    const block = begin / BLOCK_LENGTH;
    const nowMs = this.#owner.now();
    if (!this.pipeline.received(index, block, length, nowMs)) {
      this.#countUnrequested(length);
      return;
    }
    this.#lastBlockMs = nowMs;
    this.#snubCount = 0;
    const piece = this.#owner.blocks.openPiece(index);
    if (piece === undefined || piece.isReceived(block) || memory === undefined) {
      this.#owner.blocks.release(index, block, this.key);
      this.#owner.onWaste(length);
      if (piece !== undefined && length !== piece.blockLength(block)) {
        throw new DownloadError({ code: 'PEER_BLOCK_LENGTH', length, expected: piece.blockLength(block) });
      }
      return;
    }
    if (memory === this.#scratch) this.#keepScratch(piece, block, memory);
    piece.received(block, this.key);
    this.lastUseMs = nowMs;
    this.usefulLength += length;
    this.#owner.onBlock(this, piece, block);
  }

  /** We were first with a block that another peer is writing: its writing ends, ours is kept. */
  #keepScratch(piece: OpenPiece, block: number, memory: Uint8Array): void {
    const writer = piece.writer(block);
    if (writer !== undefined && writer !== this.key) this.#owner.detachWriter(writer);
    piece.open(block, this.key).set(memory);
    this.#scratch = undefined;
  }

  #countUnrequested(length: number): void {
    this.#owner.onWaste(length);
    this.#unrequestedCount += 1;
    if (this.#unrequestedCount > this.#forgivenCount + MAX_UNREQUESTED) {
      throw new DownloadError({
        code: 'PEER_UNREQUESTED',
        blocks: this.#unrequestedCount - this.#forgivenCount,
      });
    }
  }

  #ask(nowMs: number, isIdle = false): void {
    const { session, pipeline } = this;
    if (!this.#mayAsk) return;
    if (this.#owner.isBehind) {
      this.#owner.onStarved(this);
      return;
    }
    for (let room = pipeline.room; room > 0; room -= 1) {
      const choice = this.#owner.blocks.pick(this.key, session.remoteHave, isIdle);
      if (choice === undefined) {
        this.#owner.onStarved(this);
        return;
      }
      const { piece, block } = choice;
      session.request(piece.index, block * BLOCK_LENGTH, piece.blockLength(block));
      pipeline.sent(piece.index, block, nowMs);
    }
  }

  get #mayAsk(): boolean {
    return !this.session.remote.choking && this.leftCount > 0 && !this.#isClosed;
  }

  /** Finds work for a peer that has none while others hold up what it could send. */
  #checkIdle(nowMs: number): void {
    const sinceTickMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    if (this.pipeline.inFlight > 0) this.#idleMs = 0;
    else if (this.#mayAsk && !this.#owner.isBehind) {
      this.#ask(nowMs, true);
      this.#flush(nowMs);
      if (this.pipeline.inFlight > 0) return;
      this.#idleMs += sinceTickMs;
      this.#owner.onIdle(this, this.#idleMs);
    }
  }

  #flush(nowMs: number): void {
    if (this.#stream !== undefined && this.session.hasOutput)
      this.#stream.write(this.session.takeOutput(nowMs));
  }

  #checkOwed(nowMs: number): void {
    const { oldestSentMs } = this.pipeline;
    if (oldestSentMs === undefined) return;
    const silentMs = nowMs - Math.max(oldestSentMs, this.#lastBlockMs);
    if (silentMs < this.#owner.requestTimeoutMs) return;
    this.#snubCount += 1;
    if (this.#snubCount >= MAX_SNUBS) {
      throw new DownloadError({ code: 'PEER_STALLED', silentMs: silentMs * this.#snubCount });
    }
    this.pipeline.snub();
    this.takeBack();
    this.#owner.onReleased();
  }

  /** Lets go of every request. The memory of their blocks is not written to any more. */
  #letGo(each?: (index: number, begin: number, length: number) => void): void {
    const { blocks } = this.#owner;
    this.session.skipBlock();
    this.pipeline.releaseAll((index, block) => {
      this.#forgivenCount += 1;
      const length = blocks.openPiece(index)?.blockLength(block);
      if (length !== undefined) each?.(index, block * BLOCK_LENGTH, length);
      blocks.release(index, block, this.key);
    });
  }
}
