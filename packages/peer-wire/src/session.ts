import { Bitfield } from './bitfield.ts';
import { MessageDecoder, type BlockSink } from './decoder.ts';
import { encodeMessage } from './encode.ts';
import { PeerWireError } from './error.ts';
import { applyFlag, isFlag, type PeerFlags } from './flags.ts';
import { HandshakeDecoder, encodeHandshake, type Handshake } from './handshake.ts';
import { MESSAGE_ID, type PeerMessage } from './message.ts';
import { Outbox } from './outbox.ts';

/** What a session tells its owner, in the order of the stream. */
export interface SessionHandler extends BlockSink {
  /** The remote's handshake came and was for this torrent. */
  onHandshake(handshake: Handshake): void;
  /** A message came; flags and `remoteHave` reflect it already. A `have` for a piece told before is left out. */
  onMessage(message: PeerMessage): void;
}

export interface SessionOptions {
  /** What we say first; it is queued at once. The remote must answer for the same info hash, with another peer id. */
  readonly handshake: Handshake;
  /** Number of pieces of the torrent: bounds `have` and `bitfield`. */
  readonly pieceCount: number;
  /** Time of the first deadline's start, in milliseconds on any monotonic clock. */
  readonly nowMs: number;
  /** Time allowed for the remote's handshake, in milliseconds. @defaultValue 10_000 */
  readonly handshakeTimeoutMs?: number;
  /**
   * Time without a message or a part of a wanted block after which the connection is given up, in milliseconds.
   * @defaultValue 120_000
   */
  readonly idleTimeoutMs?: number;
  /** Own silence after which a keep-alive is sent, in milliseconds. BEP 3: "generally sent once every two minutes". @defaultValue 90_000 */
  readonly keepAliveMs?: number;
  /**
   * Messages taken in one second, not counting blocks, pieces told for the first time, and requests while we do not
   * choke. @defaultValue 2_000
   */
  readonly maxMessagesPerSecond?: number;
}

/** Messages that the protocol may grow (BEP 10) are kept below this, however few pieces a torrent has. */
const MAX_OTHER_LENGTH = 262_145;

/**
 * One peer connection, without a socket or a clock: bytes and times go in; messages, bytes to write and deadlines come
 * out. It is handshaking until the remote's handshake is complete, and open after that.
 */
export class PeerSession {
  readonly #options: SessionOptions;
  readonly #decoder: MessageDecoder;
  #handshake: HandshakeDecoder | undefined = new HandshakeDecoder();
  #local: PeerFlags = { choking: true, interested: false };
  #remote: PeerFlags = { choking: true, interested: false };
  readonly #remoteHave: Bitfield;
  #hasBitfield = false;
  #isClosed = false;
  #nowMs: number;
  /** When the remote last got something done: parts of a message are nothing yet, however often they come. */
  #lastReceivedMs: number;
  #handshakeStartMs: number;
  #lastSentMs: number;
  #secondStartMs: number;
  #messagesInSecond = 0;
  readonly #outbox = new Outbox();
  #handler: SessionHandler | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#remoteHave = new Bitfield(options.pieceCount);
    this.#decoder = new MessageDecoder({
      maxMessageLength: Math.max(MAX_OTHER_LENGTH, Math.ceil(options.pieceCount / 8) + 1),
    });
    this.#nowMs = options.nowMs;
    this.#lastReceivedMs = options.nowMs;
    this.#handshakeStartMs = options.nowMs;
    this.#lastSentMs = options.nowMs;
    this.#secondStartMs = options.nowMs;
    this.#outbox.push(encodeHandshake(options.handshake));
  }

  /** What we have told them. */
  get local(): PeerFlags {
    return this.#local;
  }

  /** What they have told us. */
  get remote(): PeerFlags {
    return this.#remote;
  }

  /** The pieces they say they have; a live view, not to be changed. */
  get remoteHave(): Bitfield {
    return this.#remoteHave;
  }

  get isOpen(): boolean {
    return this.#handshake === undefined;
  }

  /** Block bytes that no one asked for, so far. */
  get skippedLength(): number {
    return this.#decoder.skippedLength;
  }

  /** When {@link tick} will give up unless a message or a part of a wanted block is received, in milliseconds. */
  get deadlineMs(): number {
    const { handshakeTimeoutMs = 10_000, idleTimeoutMs = 120_000 } = this.#options;
    return this.isOpen ? this.#lastReceivedMs + idleTimeoutMs : this.#handshakeStartMs + handshakeTimeoutMs;
  }

  /**
   * Takes bytes as they came. `chunk` is only read during the call. Whatever is thrown, by `handler` too, closes the
   * session.
   *
   * @throws {PeerWireError} what the remote did wrong.
   */
  receive(chunk: Uint8Array, nowMs: number, handler: SessionHandler): void {
    if (this.#isClosed) return;
    this.#nowMs = nowMs;
    if (nowMs - this.#secondStartMs >= 1_000) {
      this.#secondStartMs = nowMs;
      this.#messagesInSecond = 0;
    }
    this.#handler = handler;
    try {
      const rest =
        this.#handshake === undefined ? chunk : this.#receiveHandshake(this.#handshake, chunk, handler);
      this.#decoder.push(rest, handler, this.#onMessage);
    } catch (error) {
      this.close();
      throw error;
    }
    if (this.#decoder.isReceivingBlock) this.#lastReceivedMs = nowMs;
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
   * @throws {RangeError} what {@link encodeMessage} refuses.
   */
  send(message: PeerMessage): void {
    const flags = applyFlag(this.#local, message);
    if (flags === this.#local && isFlag(message)) return;
    this.#outbox.push(encodeMessage(message));
    this.#local = flags;
  }

  /** Queues a request. Allocates nothing for most calls: requests go out together. */
  request(index: number, begin: number, length: number): void {
    this.#outbox.putRequest(MESSAGE_ID.request, index, begin, length);
  }

  /** Queues the cancel of a request. */
  cancel(index: number, begin: number, length: number): void {
    this.#outbox.putRequest(MESSAGE_ID.cancel, index, begin, length);
  }

  get hasOutput(): boolean {
    return !this.#outbox.isEmpty;
  }

  /** Takes what is queued, in order; the caller owns it. */
  takeOutput(nowMs: number): readonly Uint8Array[] {
    if (this.hasOutput) this.#lastSentMs = nowMs;
    return this.#outbox.take();
  }

  /**
   * Queues a keep-alive when nothing was sent for long.
   *
   * @throws {PeerWireError} `TIMED_OUT` once past {@link deadlineMs}.
   */
  tick(nowMs: number): void {
    if (nowMs >= this.deadlineMs) {
      const idleMs = nowMs - (this.isOpen ? this.#lastReceivedMs : this.#handshakeStartMs);
      throw new PeerWireError({ code: 'TIMED_OUT', phase: this.isOpen ? 'open' : 'handshaking', idleMs });
    }
    const { keepAliveMs = 90_000 } = this.#options;
    if (this.isOpen && !this.hasOutput && nowMs - this.#lastSentMs >= keepAliveMs)
      this.send({ type: 'keepAlive' });
  }

  /** Begins the time allowed to the remote anew: it was the caller who did not look for a while. */
  excuse(nowMs: number): void {
    this.#lastReceivedMs = nowMs;
    this.#handshakeStartMs = nowMs;
  }

  #receiveHandshake(decoder: HandshakeDecoder, chunk: Uint8Array, handler: SessionHandler): Uint8Array {
    const taken = decoder.push(chunk);
    const handshake = decoder.take();
    if (handshake !== undefined) {
      const local = this.#options.handshake;
      if (!equalBytes(handshake.infoHash, local.infoHash))
        throw new PeerWireError({ code: 'INFO_HASH_MISMATCH' });
      if (equalBytes(handshake.peerId, local.peerId)) throw new PeerWireError({ code: 'CONNECTED_TO_SELF' });
      this.#handshake = undefined;
      this.#lastReceivedMs = this.#nowMs;
      handler.onHandshake(handshake);
    }
    return chunk.subarray(taken);
  }

  /** A field, so that no closure is made per read. */
  readonly #onMessage = (message: PeerMessage): void => {
    this.#lastReceivedMs = this.#nowMs;
    if (!this.#takes(message)) return;
    this.#handler?.onMessage(message);
  };

  /** Applies a message to what is known of the remote. Answers whether it says anything new. */
  #takes(message: PeerMessage): boolean {
    if (this.#bringsData(message)) return true;
    if (message.type === 'have') {
      const pieceCount = this.#options.pieceCount;
      if (message.index >= pieceCount) {
        throw new PeerWireError({ code: 'PIECE_OUT_OF_RANGE', index: message.index, pieceCount });
      }
      // A piece told for the first time is no flood: there are only so many pieces.
      if (this.#remoteHave.add(message.index)) return true;
      this.#countMessage();
      return false;
    }
    this.#countMessage();
    if (message.type === 'bitfield') {
      if (this.#hasBitfield || this.#remoteHave.count > 0) throw new PeerWireError({ code: 'LATE_BITFIELD' });
      this.#hasBitfield = true;
      this.#remoteHave.addAll(Bitfield.decode(message.bits, this.#options.pieceCount));
    } else {
      this.#remote = applyFlag(this.#remote, message);
    }
    return true;
  }

  #countMessage(): void {
    this.#messagesInSecond += 1;
    const perSecond = this.#options.maxMessagesPerSecond ?? 2_000;
    if (this.#messagesInSecond > perSecond) throw new PeerWireError({ code: 'MESSAGE_FLOOD', perSecond });
  }

  /** Whether a message is what connections are for: a block, or a request that we let the remote make. */
  #bringsData(message: PeerMessage): boolean {
    if (message.type === 'piece') return message.length > 0;
    return (message.type === 'request' || message.type === 'cancel') && !this.#local.choking;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
