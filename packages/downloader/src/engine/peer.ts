import type { BlockRange } from '@millrace/metainfo';
import {
  LtDontHave,
  PeerSession,
  PeerWireError,
  type ByteStream,
  type Handshake,
  type PeerMessage,
  type SessionHandler,
} from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import { DownloadError } from '../error.ts';
import type { OpenPiece } from '../piece/open-piece.ts';
import type { PeerKey } from '../policy/piece-picker.ts';
import { RequestPipeline } from '../policy/request-pipeline.ts';
import { BlockIntake } from './block-intake.ts';
import type { Connection, NewPeer } from './connector.ts';
import type { DhtContact } from './dht-contact.ts';
import type { Introduction } from './introduction.ts';
import type { PeerOwner, TorrentPeer } from './peer-owner.ts';
import { PeerRequests } from './peer-requests.ts';
import { PeerUploads } from './upload/peer-uploads.ts';

export interface PeerOptions extends Introduction, NewPeer {
  readonly pieceCount: number;
  /** Most requests until the peer has given a right piece. */
  readonly probationWindow: number;
}

/** Bytes of answers and news that a peer may leave unread. */
const MAX_OVERFULL_LENGTH = 2 * 1024 * 1024;

/** One connection of a torrent: joins a session, its stream, what is asked and what comes. */
export class Peer implements TorrentPeer, Connection, SessionHandler {
  readonly key: PeerKey;
  readonly name: string;
  readonly address: PeerAddress;
  readonly isIncoming: boolean;
  readonly session: PeerSession;
  readonly pipeline: RequestPipeline;
  readonly uploads: PeerUploads;
  readonly startMs: number;
  ownLeftCount: number | undefined = 0;
  usefulLength = 0;
  lastUseMs: number;
  readonly #owner: PeerOwner;
  readonly #requests: PeerRequests;
  readonly #intake: BlockIntake;
  readonly #dht: DhtContact | undefined;
  #hasToldNode = false;
  readonly #dontHave: LtDontHave;
  #stream: ByteStream | undefined;
  /** When the bytes came that are being taken in. */
  #readMs = 0;
  #isClosed = false;
  /** Whether the stream asked to wait, and how much was written to it all the same. */
  #isFull = false;
  #overfullLength = 0;

  constructor(owner: PeerOwner, options: PeerOptions) {
    this.#owner = owner;
    this.key = options.key;
    this.name = options.name;
    this.address = options.address;
    this.isIncoming = options.isIncoming;
    const nowMs = owner.now();
    this.startMs = nowMs;
    this.lastUseMs = nowMs;
    this.pipeline = new RequestPipeline({ probationWindow: options.probationWindow });
    const { handshake, extended, pieceCount, dht } = options;
    this.#dht = dht;
    this.#dontHave = new LtDontHave({
      onDontHave: (index) => {
        owner.claims.lost(this, index);
        owner.uploads.superSeed?.lost(this, index);
      },
    });
    const extensions = [this.#dontHave, ...options.extensions];
    this.session = new PeerSession({ handshake, extended, extensions, pieceCount, nowMs });
    this.#requests = new PeerRequests(this, owner);
    this.#intake = new BlockIntake(this, owner, this.#requests);
    this.uploads = new PeerUploads(this, owner.uploads);
  }

  get leftCount(): number {
    return this.ownLeftCount ?? this.#owner.leftCount;
  }

  get isOpen(): boolean {
    return this.session.isOpen;
  }

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
    this.#readMs = nowMs;
    this.session.receive(chunk, nowMs, this);
    this.uploads.pump();
    this.pump(nowMs);
  }

  onDrained(): void {
    this.#isFull = false;
    this.#overfullLength = 0;
  }

  onClose(reason: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.session.close();
    this.#requests.letGo();
    this.#intake.end();
    this.uploads.close();
    this.#owner.blocks.removePeer(this.key);
    this.#owner.starved.feed();
    const phase = this.session.isOpen ? 'open' : 'handshaking';
    this.#owner.onClose(this, reason ?? new PeerWireError({ code: 'CLOSED_BY_PEER', phase }));
  }

  onHandshake(handshake: Handshake): void {
    // BEP 6 wants to hear of our pieces first.
    this.#owner.uploads.introduce(this.session);
    const greeting = this.#dht?.greeting(handshake);
    if (greeting !== undefined) this.session.send(greeting);
    this.#owner.onOpen(this, handshake.peerId);
    if (this.session.isFast) this.uploads.allow(this.#owner.giving.allowedFor(this.address.host));
  }

  blockTarget(block: BlockRange): Uint8Array | undefined {
    return this.#intake.target(block);
  }

  onMessage(message: PeerMessage): void {
    if (this.#isClosed) return;
    switch (message.type) {
      case 'piece':
        this.#intake.take(message, message.block, this.#readMs);
        break;
      case 'choke':
        this.#requests.choked(this.#readMs);
        break;
      case 'reject':
        this.#requests.rejected(message.index, message.begin, this.#readMs);
        break;
      case 'allowedFast':
        this.#requests.allow(message.index);
        break;
      case 'bitfield':
      case 'haveAll':
      case 'haveNone':
        this.#owner.claims.told(this);
        this.#owner.uploads.superSeed?.toldAll(this);
        this.#owner.giving.checkNeed(this);
        break;
      case 'have':
        this.#owner.claims.gained(this, message.index);
        this.#owner.uploads.superSeed?.gained(this, message.index);
        this.#owner.giving.checkNeed(this);
        break;
      case 'interested':
      case 'notInterested':
        this.#owner.giving.interestChanged(this);
        break;
      case 'request':
        this.uploads.request(message.index, message.begin, message.length);
        break;
      case 'cancel':
        this.uploads.cancel(message.index, message.begin, message.length);
        break;
      case 'extended':
        if (message.id === 0) this.#onExtended();
        break;
      case 'port':
        if (!this.#hasToldNode) this.#dht?.told(this.address.host, message.port);
        this.#hasToldNode = true;
        break;
      case 'keepAlive':
      case 'unchoke':
      case 'suggest': // only a hint, and the rarest piece is a better one
      case 'unknown':
        break;
    }
  }

  get isHeldBack(): boolean {
    return this.#requests.isHeldBack;
  }

  isRefusing(nowMs: number): boolean {
    return this.#requests.isRefusing(nowMs);
  }

  pump(nowMs: number): void {
    if (this.#isClosed) return;
    this.#requests.ask(nowMs);
    this.#flush(nowMs);
  }

  /** Keeps the connection alive, and takes requests back that are owed for too long. */
  tick(nowMs: number): void {
    try {
      this.session.tick(nowMs);
      this.uploads.tick(nowMs);
      this.#requests.checkOwed(nowMs);
      this.pump(nowMs);
      this.#requests.checkIdle(nowMs);
      this.#flush(nowMs);
    } catch (error) {
      this.close(error);
    }
  }

  /** Does what {@link tick} does, but blames the peer for nothing so far: we were the ones that did not look for a while. */
  excuse(nowMs: number): void {
    this.session.excuse(nowMs);
    this.#requests.excuse(nowMs);
    this.uploads.excuse(nowMs);
    this.lastUseMs = nowMs;
    this.tick(nowMs);
  }

  takeBack(): void {
    this.#requests.takeBack();
  }

  showInterest(): void {
    this.session.send({ type: this.leftCount > 0 ? 'interested' : 'notInterested' });
  }

  cancel(piece: OpenPiece, block: number): void {
    this.#requests.cancel(piece, block);
    this.#flush(this.#owner.now());
  }

  #onExtended(): void {
    const { requestQueueLength, port } = this.session.remoteExtended;
    if (requestQueueLength !== undefined) this.pipeline.limit(requestQueueLength);
    if (port !== undefined) this.#owner.onListens(this, port);
    this.#owner.giving.checkNeed(this);
  }

  /** Writes blocks, after what waits to be sent. */
  send(bytes: Uint8Array, onSent: () => void): void {
    this.flush();
    this.lastUseMs = this.#owner.now();
    if (this.#stream?.write([bytes], onSent) === false) this.#isFull = true;
  }

  flush(): void {
    this.#flush(this.#owner.now());
  }

  /** We have a piece no longer. */
  lost(index: number): void {
    this.uploads.lost(index);
    if (this.isOpen) this.#dontHave.tell(index);
    this.flush();
  }

  #flush(nowMs: number): void {
    if (this.#stream === undefined || this.#isClosed || !this.session.hasOutput) return;
    const views = this.session.takeOutput(nowMs);
    // Someone who never reads may still ask, and be answered: that is bounded, too.
    if (this.#isFull) for (const { length } of views) this.#overfullLength += length;
    if (this.#overfullLength > MAX_OVERFULL_LENGTH)
      this.close(new DownloadError({ code: 'PEER_NOT_READING', silentMs: nowMs - this.lastUseMs }));
    else if (!this.#stream.write(views)) this.#isFull = true;
  }
}
