import type { Bitfield } from './bitfield.ts';
import { MessageDecoder } from './decoder.ts';
import { encodeHaves, encodeMessage } from './encode.ts';
import { PeerWireError } from './error.ts';
import type { ExtendedFields, RemoteExtended } from './extension/extended-handshake.ts';
import { ExtensionHost } from './extension/extension-host.ts';
import type { Extension } from './extension/extension.ts';
import { applyFlag, isFlag, type PeerFlags } from './flags.ts';
import { FloodGuard } from './flood-guard.ts';
import {
  HandshakeDecoder,
  RESERVED_BIT,
  encodeHandshake,
  hasReservedBit,
  type Handshake,
} from './handshake.ts';
import { Liveness } from './liveness.ts';
import { MESSAGE_ID, type PeerMessage } from './message.ts';
import { Outbox } from './outbox.ts';
import { RemotePieces } from './remote-pieces.ts';
import { RemoteSide, isOfFastExtension } from './remote-side.ts';
import type { SessionHandler, SessionOptions } from './session-options.ts';

/** Messages that the protocol may grow (BEP 10) are kept below this, however few pieces a torrent has. */
const MAX_OTHER_LENGTH = 262_145;

/**
 * One peer connection, without a socket or a clock: bytes and times go in; messages, bytes to write and deadlines come
 * out. It is handshaking until the remote's handshake is complete, and open after that.
 */
export class PeerSession {
  readonly #localHandshake: Handshake;
  readonly #decoder: MessageDecoder;
  readonly #liveness: Liveness;
  readonly #extensions: ExtensionHost;
  readonly #remote: RemoteSide;
  readonly #outbox = new Outbox();
  #handshake: HandshakeDecoder | undefined = new HandshakeDecoder();
  #local: PeerFlags = { choking: true, interested: false };
  #isClosed = false;
  #nowMs: number;
  #handler: SessionHandler | undefined;

  /** @throws {RangeError} if `handshake`, `pieceCount`, `extended` or the names of `extensions` cannot be. */
  constructor(options: SessionOptions) {
    this.#localHandshake = options.handshake;
    const pieces = new RemotePieces(options.pieceCount);
    this.#decoder = new MessageDecoder({
      maxMessageLength: Math.max(MAX_OTHER_LENGTH, Math.ceil((options.pieceCount ?? 0) / 8) + 1),
    });
    this.#nowMs = options.nowMs;
    this.#liveness = new Liveness(options);
    this.#outbox.push(encodeHandshake(options.handshake));
    this.#extensions = new ExtensionHost({
      fields: options.extended ?? {},
      extensions: options.extensions ?? [],
      remoteHave: pieces.have,
      now: () => this.#nowMs,
      push: (bytes) => this.#outbox.push(bytes),
    });
    const flood = new FloodGuard(options.nowMs, options.maxMessagesPerSecond);
    this.#remote = new RemoteSide(pieces, flood, this.#extensions);
  }

  /** What we have told them. */
  get local(): PeerFlags {
    return this.#local;
  }

  /** What they have told us. */
  get remote(): PeerFlags {
    return this.#remote.flags;
  }

  /** The pieces they say they have; a live view, not to be changed. Of size 0 while the number of pieces is not known. */
  get remoteHave(): Bitfield {
    return this.#remote.pieces.have;
  }

  /** What their extended handshakes have told so far; a new object after each. */
  get remoteExtended(): RemoteExtended {
    return this.#extensions.remote;
  }

  get isOpen(): boolean {
    return this.#handshake === undefined;
  }

  /** Whether both sides offer the fast extension. {@link https://www.bittorrent.org/beps/bep_0006.html | BEP 6} */
  get isFast(): boolean {
    return this.#remote.isFast;
  }

  /** Whether both sides offer the extension protocol. {@link https://www.bittorrent.org/beps/bep_0010.html | BEP 10} */
  get isExtended(): boolean {
    return this.#extensions.isOpen;
  }

  /** Block bytes that no one asked for, so far. */
  get skippedLength(): number {
    return this.#decoder.skippedLength;
  }

  /** When {@link tick} will give up unless a message or a part of a wanted block is received, in milliseconds. */
  get deadlineMs(): number {
    return this.#liveness.deadlineMs;
  }

  /**
   * Takes bytes as they came. `chunk` is only read during the call. Whatever is thrown, by `handler` and by extensions
   * too, closes the session.
   *
   * @throws {PeerWireError} what the remote did wrong.
   */
  receive(chunk: Uint8Array, nowMs: number, handler: SessionHandler): void {
    if (this.#isClosed) return;
    this.#nowMs = nowMs;
    this.#remote.flood.advance(nowMs);
    this.#handler = handler;
    try {
      const rest =
        this.#handshake === undefined ? chunk : this.#receiveHandshake(this.#handshake, chunk, handler);
      this.#decoder.push(rest, handler, this.#onMessage);
    } catch (error) {
      this.close();
      throw error;
    }
    if (this.#decoder.isReceivingBlock) this.#liveness.received(nowMs);
  }

  /** Delivers nothing more, not even the rest of the chunk that is being received; later bytes are ignored. */
  close(): void {
    this.#isClosed = true;
    this.#decoder.stop();
  }

  /** Stops copying the block that is being received: its memory is not touched again. Does nothing between blocks. */
  skipBlock(): void {
    this.#decoder.skipBlock();
  }

  /**
   * Applies a message to `local` and queues its bytes. A flag that is already so queues nothing.
   *
   * @throws {RangeError} what {@link encodeMessage} refuses, and messages of the fast extension unless {@link isFast}.
   */
  send(message: PeerMessage): void {
    if (isFlag(message)) {
      const flags = applyFlag(this.#local, message);
      if (flags === this.#local) return;
      this.#local = flags;
    } else if (isOfFastExtension(message) && !this.#remote.isFast) {
      throw new RangeError(`Cannot send ${message.type}: the fast extension must be offered by both sides`);
    }
    this.#outbox.push(encodeMessage(message));
  }

  /**
   * Queues a `have` for each of some pieces that the remote does not have, in one array.
   *
   * @returns Whether there was any.
   * @throws {RangeError} if there is no such piece.
   */
  tellHaves(indexes: readonly number[]): boolean {
    const { have } = this.#remote.pieces;
    if (have.isFull && have.size > 0) return false;
    const news = indexes.filter((index) => !have.has(index));
    if (news.length > 0) this.#outbox.push(encodeHaves(news));
    return news.length > 0;
  }

  /** Queues a request. Allocates nothing for most calls: requests go out together. */
  request(index: number, begin: number, length: number): void {
    this.#outbox.putRequest(MESSAGE_ID.request, index, begin, length);
    this.#remote.flood.requested();
  }

  /** Queues the cancel of a request. */
  cancel(index: number, begin: number, length: number): void {
    this.#outbox.putRequest(MESSAGE_ID.cancel, index, begin, length);
  }

  /** Changes what we say of ourselves; only what is new is sent. @throws {RangeError} if a field cannot be. */
  updateExtended(fields: ExtendedFields): void {
    this.#extensions.update(fields);
  }

  /** Takes on one more extension and tells the remote. @throws {RangeError} if its name cannot be, or is taken. */
  addExtension(extension: Extension): void {
    this.#extensions.add(extension);
  }

  /** Gives up an extension and tells the remote; messages already on the way are ignored. */
  removeExtension(name: string): void {
    this.#extensions.remove(name);
  }

  get hasOutput(): boolean {
    return !this.#outbox.isEmpty;
  }

  /** The caller sent blocks past the queue: that is as good as a keep-alive. */
  sentBlocks(nowMs: number): void {
    this.#liveness.sent(nowMs);
  }

  /** Takes what is queued, in order. The views must not be changed: some are memory that extensions send from. */
  takeOutput(nowMs: number): readonly Uint8Array[] {
    if (this.hasOutput) this.#liveness.sent(nowMs);
    return this.#outbox.take();
  }

  /**
   * Gives extensions their turn, and queues a keep-alive when nothing was sent for long.
   *
   * @throws {PeerWireError} `TIMED_OUT` once past {@link deadlineMs}.
   */
  tick(nowMs: number): void {
    const isKeepAliveDue = this.#liveness.isKeepAliveDue(nowMs);
    this.#nowMs = nowMs;
    if (!this.#isClosed) this.#extensions.tick();
    if (isKeepAliveDue && !this.hasOutput) this.send({ type: 'keepAlive' });
  }

  /** Begins the time allowed to the remote anew: it was the caller who did not look for a while. */
  excuse(nowMs: number): void {
    this.#liveness.excuse(nowMs);
  }

  #receiveHandshake(decoder: HandshakeDecoder, chunk: Uint8Array, handler: SessionHandler): Uint8Array {
    const taken = decoder.push(chunk);
    const handshake = decoder.take();
    if (handshake !== undefined) {
      const local = this.#localHandshake;
      if (!equalBytes(handshake.infoHash, local.infoHash))
        throw new PeerWireError({ code: 'INFO_HASH_MISMATCH' });
      if (equalBytes(handshake.peerId, local.peerId)) throw new PeerWireError({ code: 'CONNECTED_TO_SELF' });
      const offers = (bit: keyof typeof RESERVED_BIT): boolean =>
        [handshake, local].every(({ reserved }) => hasReservedBit(reserved, RESERVED_BIT[bit]));
      this.#handshake = undefined;
      this.#remote.isFast = offers('fastExtension');
      this.#liveness.opened(this.#nowMs);
      handler.onHandshake(handshake);
      // After what the owner says of its pieces, which BEP 6 wants to come first.
      if (offers('extensionProtocol') && !this.#isClosed) this.#extensions.open();
    }
    return chunk.subarray(taken);
  }

  /** A field, so that no closure is made per read. */
  readonly #onMessage = (message: PeerMessage): void => {
    this.#liveness.received(this.#nowMs);
    if (!this.#bringsData(message) && !this.#remote.take(message)) {
      for (const index of this.#remote.takeLate())
        if (!this.#isClosed) this.#handler?.onMessage({ type: 'have', index });
      return;
    }
    // An extension may have closed the session.
    if (this.#isClosed) return;
    this.#handler?.onMessage(message);
  };

  /** Whether a message is what connections are for: a block, or a request that we let the remote make. */
  #bringsData(message: PeerMessage): boolean {
    if (message.type === 'piece') return message.length > 0;
    if (message.type !== 'request' || this.#local.choking) return false;
    this.#remote.flood.wasAsked();
    return true;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
