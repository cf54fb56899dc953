import {
  PeerSession,
  PeerWireError,
  RESERVED_BIT,
  UtMetadata,
  hasReservedBit,
  type ByteStream,
  type Handshake,
  type MetadataMessage,
  type PeerMessage,
  type PexPeer,
  type SessionHandler,
} from '@millrace/peer-wire';
import type { PeerAddress } from '@millrace/tracker-client';
import { DownloadError } from '../error.ts';
import type { PeerKey } from '../policy/piece-picker.ts';
import type { Connection, NewPeer } from './connector.ts';
import { introduce, type Identity } from './introduction.ts';

/** What a peer that is asked for metadata needs of who asks. */
export interface MetadataPeerOwner {
  readonly identity: Identity;
  now(): number;
  /** Whom we are connected to. */
  connected(): Iterable<PexPeer>;
  /** The peer shook hands. */
  onOpen(peer: MetadataPeer): void;
  /** The peer said what it speaks: `metadataSize` is set if it may have the metadata. */
  onOffer(peer: MetadataPeer, metadataSize: number | undefined): void;
  onMetadata(peer: MetadataPeer, message: MetadataMessage): void;
  onClose(peer: MetadataPeer, reason: unknown): void;
}

/** One connection on which nothing but metadata is asked for: what the remote says of its pieces is not kept. */
export class MetadataPeer implements Connection, SessionHandler {
  readonly key: PeerKey;
  readonly name: string;
  readonly address: PeerAddress;
  readonly isIncoming: boolean;
  /** When it was called, in milliseconds. */
  readonly startMs: number;
  usefulLength = 0;
  readonly #owner: MetadataPeerOwner;
  readonly #metadata: UtMetadata;
  readonly #session: PeerSession;
  #stream: ByteStream | undefined;
  #isClosed = false;
  #hasToldNode = false;

  constructor(owner: MetadataPeerOwner, { key, name, address, isIncoming }: NewPeer) {
    this.#owner = owner;
    this.key = key;
    this.name = name;
    this.address = address;
    this.isIncoming = isIncoming;
    this.startMs = owner.now();
    this.#metadata = new UtMetadata({ onMessage: (message) => owner.onMetadata(this, message) });
    const introduction = introduce(owner.identity, address, () => owner.connected(), this.#metadata);
    this.#session = new PeerSession({ ...introduction, pieceCount: undefined, nowMs: this.startMs });
  }

  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  /** Whether it wants no pieces, as it says. */
  get isUploadOnly(): boolean {
    return this.#session.remoteExtended.uploadOnly;
  }

  attach(stream: ByteStream): void {
    this.#stream = stream;
    if (this.#isClosed) stream.close();
    else this.#flush();
  }

  /** Asks for a piece of metadata. Answers whether the peer takes such requests. */
  request(piece: number): boolean {
    const isSent = this.#metadata.request(piece);
    this.#flush();
    return isSent;
  }

  /** Keeps the connection alive, or gives it up. */
  tick(nowMs: number, wasAway: boolean): void {
    try {
      if (wasAway) this.#session.excuse(nowMs);
      this.#session.tick(nowMs);
      this.#flush();
    } catch (error) {
      this.close(error);
    }
  }

  close(reason: unknown): void {
    this.#stream?.close(reason);
    this.onClose(reason);
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.#session.receive(chunk, this.#owner.now(), this);
    this.#flush();
  }

  onDrained(): void {
    // What we write are requests, a few at a time.
  }

  onClose(reason: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#session.close();
    const phase = this.isOpen ? 'open' : 'handshaking';
    this.#owner.onClose(this, reason ?? new PeerWireError({ code: 'CLOSED_BY_PEER', phase }));
  }

  onHandshake(handshake: Handshake): void {
    if (this.#session.isFast) this.#session.send({ type: 'haveNone' });
    const greeting = this.#owner.identity.dht?.greeting(handshake);
    if (greeting !== undefined) this.#session.send(greeting);
    this.#owner.onOpen(this);
    if (!hasReservedBit(handshake.reserved, RESERVED_BIT.extensionProtocol))
      throw new DownloadError({ code: 'PEER_NO_METADATA' });
  }

  onMessage(message: PeerMessage): void {
    if (this.#isClosed) return;
    if (message.type === 'port' && !this.#hasToldNode) {
      this.#hasToldNode = true;
      this.#owner.identity.dht?.told(this.address.host, message.port);
    }
    if (message.type !== 'extended' || message.id !== 0) return;
    const { extensions, metadataSize } = this.#session.remoteExtended;
    this.#owner.onOffer(this, extensions.has(this.#metadata.name) ? metadataSize : undefined);
  }

  blockTarget(): undefined {
    return undefined;
  }

  #flush(): void {
    if (this.#stream === undefined || this.#isClosed || !this.#session.hasOutput) return;
    this.#stream.write(this.#session.takeOutput(this.#owner.now()));
  }
}
