import type { BlockRange } from '@millrace/metainfo';
import { MAX_HEADER_LENGTH, PREFIX_LENGTH, headerLength, uint32 } from './message-header.ts';
import {
  FLAG_MESSAGES,
  HAVE_ALL,
  HAVE_NONE,
  MESSAGE_ID,
  PIECE_FIELDS_LENGTH,
  fixedLength,
  type PeerMessage,
} from './message.ts';

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
 * Block bytes are copied, as they arrive, into the memory the sink names; only headers and the payloads of `bitfield`,
 * `extended` and unknown messages are ever held back.
 */
export class MessageDecoder {
  readonly #maxMessageLength: number;
  /** A header that a chunk's end has cut. */
  readonly #header = new Uint8Array(MAX_HEADER_LENGTH);
  #headerLength = 0;
  readonly #piece: MutablePiece = { type: 'piece', index: 0, begin: 0, length: 0, block: undefined };
  #isInsideBlock = false;
  #blockLength = 0;
  #skippedLength = 0;
  /** Payload of a `bitfield`, `extended` or unknown message while it is incomplete. */
  #body: Uint8Array<ArrayBuffer> | undefined;
  #bodyId = 0;
  #bodyLength = 0;
  #isStopped = false;

  constructor(options: DecoderOptions = {}) {
    this.#maxMessageLength = options.maxMessageLength ?? MAX_MESSAGE_LENGTH;
  }

  /** Bytes held back for a message not yet complete; never more than `maxMessageLength` and the 4-byte prefix. */
  get bufferedLength(): number {
    return this.#headerLength + this.#bodyLength;
  }

  /** Block bytes that no one asked for, so far. */
  get skippedLength(): number {
    return this.#skippedLength;
  }

  /** Whether a block that the sink wants is being received. */
  get isReceivingBlock(): boolean {
    return this.#isInsideBlock && this.#piece.block !== undefined;
  }

  /**
   * Stops copying the block that is being received: its memory is not touched again, its remaining bytes are skipped,
   * and its message comes without a `block`. Does nothing between blocks.
   */
  skipBlock(): void {
    if (this.#isInsideBlock) this.#piece.block = undefined;
  }

  /** Decodes nothing more, not even the rest of the chunk that is being decoded. */
  stop(): void {
    this.#isStopped = true;
    this.#headerLength = 0;
    this.#body = undefined;
    this.#bodyLength = 0;
    this.skipBlock();
  }

  /**
   * Decodes what `chunk` completes. `chunk` is only read during the call; its owner may reuse it afterwards.
   * Whatever is thrown, by `sink` and `onMessage` too, stops the decoder: later calls do nothing.
   *
   * @throws {PeerWireError} `MESSAGE_TOO_LONG`, `MESSAGE_LENGTH`: the stream cannot be read any further.
   * @throws {RangeError} if the sink's memory is not of the block's length.
   */
  push(chunk: Uint8Array, sink: BlockSink, onMessage: (message: PeerMessage) => void): void {
    try {
      let offset = 0;
      while (offset < chunk.length && !this.#isStopped) {
        if (this.#isInsideBlock) offset = this.#takeBlock(chunk, offset, onMessage);
        else if (this.#body !== undefined) offset = this.#takeBody(chunk, offset, this.#body, onMessage);
        else offset = this.#takeHeader(chunk, offset, sink, onMessage);
      }
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Reads a header where it lies if the chunk surely has all of it; collects it byte by byte if not. */
  #takeHeader(
    chunk: Uint8Array,
    start: number,
    sink: BlockSink,
    onMessage: (message: PeerMessage) => void,
  ): number {
    if (this.#headerLength === 0 && chunk.length - start >= MAX_HEADER_LENGTH) {
      const end = start + headerLength(chunk, start, MAX_HEADER_LENGTH, this.#maxMessageLength);
      this.#open(chunk, start, sink, onMessage);
      return end;
    }
    const header = this.#header;
    let offset = start;
    while (offset < chunk.length) {
      header[this.#headerLength] = chunk[offset] ?? 0;
      this.#headerLength += 1;
      offset += 1;
      if (this.#headerLength < headerLength(header, 0, this.#headerLength, this.#maxMessageLength)) continue;
      this.#headerLength = 0;
      this.#open(header, 0, sink, onMessage);
      break;
    }
    return offset;
  }

  /** Begins the message whose checked header is at `start`; it may be complete with that. */
  #open(bytes: Uint8Array, start: number, sink: BlockSink, onMessage: (message: PeerMessage) => void): void {
    const length = uint32(bytes, start);
    if (length === 0) {
      onMessage(KEEP_ALIVE);
      return;
    }
    const id = bytes[start + PREFIX_LENGTH] ?? 0;
    const fields = start + PREFIX_LENGTH + 1;
    if (id === MESSAGE_ID.piece) {
      this.#openBlock(
        uint32(bytes, fields),
        uint32(bytes, fields + 4),
        length - PIECE_FIELDS_LENGTH,
        sink,
        onMessage,
      );
      return;
    }
    const flag = FLAG_MESSAGES[id];
    if (flag !== undefined) {
      onMessage(flag);
    } else if (id === MESSAGE_ID.have) {
      onMessage({ type: 'have', index: uint32(bytes, fields) });
    } else if (fixedLength(id) !== undefined) {
      onMessage(fixedMessage(id, bytes, fields));
    } else {
      this.#bodyId = id;
      this.#bodyLength = 0;
      this.#body = new Uint8Array(length - 1);
      if (length === 1) this.#closeBody(this.#body, onMessage);
    }
  }

  #openBlock(
    index: number,
    begin: number,
    length: number,
    sink: BlockSink,
    onMessage: (message: PeerMessage) => void,
  ): void {
    const piece = this.#piece;
    piece.index = index;
    piece.begin = begin;
    piece.length = length;
    const target = sink.blockTarget(piece);
    if (this.#isStopped) return;
    if (target !== undefined && target.length !== length) {
      throw new RangeError(`Cannot put a block of ${length} bytes into ${target.length} bytes of memory`);
    }
    piece.block = target;
    this.#blockLength = 0;
    this.#isInsideBlock = true;
    if (length === 0) this.#closeBlock(onMessage);
  }

  #takeBlock(chunk: Uint8Array, offset: number, onMessage: (message: PeerMessage) => void): number {
    const { length, block } = this.#piece;
    const end = Math.min(chunk.length, offset + length - this.#blockLength);
    if (block === undefined) this.#skippedLength += end - offset;
    else block.set(chunk.subarray(offset, end), this.#blockLength);
    this.#blockLength += end - offset;
    if (this.#blockLength === length) this.#closeBlock(onMessage);
    return end;
  }

  #closeBlock(onMessage: (message: PeerMessage) => void): void {
    this.#isInsideBlock = false;
    onMessage(this.#piece);
    this.#piece.block = undefined;
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

/** Reads the message of an id with a fixed length, other than a flag and `have`. */
function fixedMessage(id: number, bytes: Uint8Array, fields: number): PeerMessage {
  if (id === MESSAGE_ID.haveAll) return HAVE_ALL;
  if (id === MESSAGE_ID.haveNone) return HAVE_NONE;
  if (id === MESSAGE_ID.port)
    return { type: 'port', port: ((bytes[fields] ?? 0) << 8) | (bytes[fields + 1] ?? 0) };
  const index = uint32(bytes, fields);
  if (id === MESSAGE_ID.suggest) return { type: 'suggest', index };
  if (id === MESSAGE_ID.allowedFast) return { type: 'allowedFast', index };
  const type = id === MESSAGE_ID.request ? 'request' : id === MESSAGE_ID.cancel ? 'cancel' : 'reject';
  return { type, index, begin: uint32(bytes, fields + 4), length: uint32(bytes, fields + 8) };
}

/** Makes the message of an id whose length varies. What it holds are views of `body`. */
function bodyMessage(id: number, body: Uint8Array<ArrayBuffer>): PeerMessage {
  if (id === MESSAGE_ID.bitfield) return { type: 'bitfield', bits: body };
  if (id === MESSAGE_ID.extended) return { type: 'extended', id: body[0] ?? 0, payload: body.subarray(1) };
  return { type: 'unknown', id, payload: body };
}
