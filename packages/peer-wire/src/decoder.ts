import type { BlockRange } from '@millrace/metainfo';
import { PeerWireError } from './error.ts';
import { FLAG_MESSAGES, MESSAGE_ID, fixedLength, type PeerMessage } from './message.ts';

/** Says where block bytes go while a `piece` message is being decoded. */
export interface BlockSink {
  /**
   * Returns memory of exactly `block.length` bytes, or `undefined` if the block was not requested: its bytes are then
   * skipped and counted. `block` is reused by the decoder: read it during the call, never keep it.
   */
  blockTarget(block: BlockRange): Uint8Array | undefined;
}

export interface DecoderOptions {
  /**
   * Longest message taken, in bytes, id included and the 4-byte prefix not.
   * @defaultValue 262_145, the bitfield of the largest torrent
   */
  readonly maxMessageLength?: number;
}

/** Largest bitfield this project's limits allow (2^21 pieces), with its id. */
const MAX_MESSAGE_LENGTH = 262_145;
/** Length prefix, id, piece index, begin: what comes before a block. */
const PIECE_HEADER_LENGTH = 13;
/** Of that, what the message's own length counts. */
const PIECE_FIELDS_LENGTH = 9;

/** The one object handed out for every `piece` message, so that a block costs no allocation. */
interface MutablePiece {
  readonly type: 'piece';
  index: number;
  begin: number;
  length: number;
  block: Uint8Array | undefined;
}

const KEEP_ALIVE: PeerMessage = { type: 'keepAlive' };

/**
 * Decodes a stream of messages cut anywhere. At any time it is inside a header, a body or a block, never two.
 *
 * Block bytes are copied, as they arrive, into the memory the sink names; only other messages are ever held back.
 */
export class MessageDecoder {
  readonly #maxMessageLength: number;
  readonly #header = new Uint8Array(PIECE_HEADER_LENGTH);
  readonly #piece: MutablePiece = { type: 'piece', index: 0, begin: 0, length: 0, block: undefined };
  #headerLength = 0;
  /** Payload of a message that is neither a block nor a flag, while it is incomplete. */
  #body: Uint8Array<ArrayBuffer> | undefined;
  #bodyId = 0;
  #bodyLength = 0;
  #insideBlock = false;
  #blockReceived = 0;
  #skippedLength = 0;

  constructor(options: DecoderOptions = {}) {
    this.#maxMessageLength = options.maxMessageLength ?? MAX_MESSAGE_LENGTH;
  }

  /** Bytes held back for a message not yet complete; never more than `maxMessageLength`. */
  get bufferedLength(): number {
    return this.#headerLength + this.#bodyLength;
  }

  /** Block bytes that no one asked for, so far. */
  get skippedLength(): number {
    return this.#skippedLength;
  }

  /**
   * Stops copying the block that is being received: its memory is not touched again, its remaining bytes are skipped,
   * and its message comes without a `block`. Does nothing between blocks.
   */
  skipBlock(): void {
    this.#piece.block = undefined;
  }

  /**
   * Decodes what `chunk` completes. `chunk` is only read during the call; its owner may reuse it afterwards.
   *
   * @throws {PeerWireError} `MESSAGE_TOO_LONG`, `MESSAGE_LENGTH`: the stream cannot be read any further.
   */
  push(chunk: Uint8Array, sink: BlockSink, onMessage: (message: PeerMessage) => void): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#insideBlock) offset = this.#takeBlock(chunk, offset, onMessage);
      else if (this.#body !== undefined) offset = this.#takeBody(chunk, offset, this.#body, onMessage);
      else offset = this.#takeHeader(chunk, offset, sink, onMessage);
    }
  }

  /** Collects the prefix, then the id, then (for a block) index and begin, checking each as soon as it is there. */
  #takeHeader(
    chunk: Uint8Array,
    start: number,
    sink: BlockSink,
    onMessage: (message: PeerMessage) => void,
  ): number {
    const header = this.#header;
    let offset = start;
    while (offset < chunk.length) {
      header[this.#headerLength] = chunk[offset] ?? 0;
      this.#headerLength += 1;
      offset += 1;
      if (this.#headerLength === 4) {
        const length = uint32(header, 0);
        if (length > this.#maxMessageLength) {
          throw new PeerWireError({ code: 'MESSAGE_TOO_LONG', length, maxLength: this.#maxMessageLength });
        }
        if (length === 0) {
          this.#headerLength = 0;
          onMessage(KEEP_ALIVE);
          return offset;
        }
      } else if (this.#headerLength === 5) {
        const id = header[4] ?? 0;
        if (this.#checkLength(id, uint32(header, 0)) !== MESSAGE_ID.piece) {
          this.#headerLength = 0;
          this.#openBody(id, uint32(header, 0) - 1, onMessage);
          return offset;
        }
      } else if (this.#headerLength === PIECE_HEADER_LENGTH) {
        this.#headerLength = 0;
        this.#openBlock(sink, onMessage);
        return offset;
      }
    }
    return offset;
  }

  #checkLength(id: number, length: number): number {
    const expected =
      fixedLength(id) ??
      (id === MESSAGE_ID.piece && length < PIECE_FIELDS_LENGTH ? PIECE_FIELDS_LENGTH : length);
    if (length !== expected) throw new PeerWireError({ code: 'MESSAGE_LENGTH', id, length, expected });
    return id;
  }

  #openBlock(sink: BlockSink, onMessage: (message: PeerMessage) => void): void {
    const piece = this.#piece;
    piece.index = uint32(this.#header, 5);
    piece.begin = uint32(this.#header, 9);
    piece.length = uint32(this.#header, 0) - PIECE_FIELDS_LENGTH;
    piece.block = sink.blockTarget(piece);
    if (piece.block !== undefined && piece.block.length !== piece.length) {
      throw new RangeError(
        `Cannot put a block of ${piece.length} bytes into ${piece.block.length} bytes of memory`,
      );
    }
    this.#blockReceived = 0;
    this.#insideBlock = true;
    if (piece.length === 0) this.#closeBlock(onMessage);
  }

  #takeBlock(chunk: Uint8Array, offset: number, onMessage: (message: PeerMessage) => void): number {
    const piece = this.#piece;
    const end = Math.min(chunk.length, offset + piece.length - this.#blockReceived);
    if (piece.block === undefined) this.#skippedLength += end - offset;
    else piece.block.set(chunk.subarray(offset, end), this.#blockReceived);
    this.#blockReceived += end - offset;
    if (this.#blockReceived === piece.length) this.#closeBlock(onMessage);
    return end;
  }

  #closeBlock(onMessage: (message: PeerMessage) => void): void {
    this.#insideBlock = false;
    onMessage(this.#piece);
    this.#piece.block = undefined;
  }

  #openBody(id: number, length: number, onMessage: (message: PeerMessage) => void): void {
    const flag = FLAG_MESSAGES[id];
    if (flag !== undefined) {
      onMessage(flag);
      return;
    }
    this.#body = new Uint8Array(length);
    this.#bodyId = id;
    this.#bodyLength = 0;
    if (length === 0) this.#closeBody(this.#body, onMessage);
  }

  #takeBody(
    chunk: Uint8Array,
    offset: number,
    body: Uint8Array<ArrayBuffer>,
    onMessage: (message: PeerMessage) => void,
  ): number {
    const end = Math.min(chunk.length, offset + body.length - this.#bodyLength);
    body.set(chunk.subarray(offset, end), this.#bodyLength);
    this.#bodyLength += end - offset;
    if (this.#bodyLength === body.length) this.#closeBody(body, onMessage);
    return end;
  }

  #closeBody(body: Uint8Array<ArrayBuffer>, onMessage: (message: PeerMessage) => void): void {
    this.#body = undefined;
    this.#bodyLength = 0;
    onMessage(bodyMessage(this.#bodyId, body));
  }
}

/** Reads the fields of a message whose length was checked against its id. */
function bodyMessage(id: number, body: Uint8Array<ArrayBuffer>): PeerMessage {
  switch (id) {
    case MESSAGE_ID.have:
      return { type: 'have', index: uint32(body, 0) };
    case MESSAGE_ID.bitfield:
      return { type: 'bitfield', bits: body };
    case MESSAGE_ID.request:
    case MESSAGE_ID.cancel:
      return {
        type: id === MESSAGE_ID.request ? 'request' : 'cancel',
        index: uint32(body, 0),
        begin: uint32(body, 4),
        length: uint32(body, 8),
      };
    default:
      return { type: 'unknown', id, payload: body };
  }
}

/** Reads a big-endian unsigned integer; `>>> 0` because `<<` makes a signed one. */
function uint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] ?? 0) << 24) |
      ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) |
      (bytes[offset + 3] ?? 0)) >>>
    0
  );
}
