import { PREFIX_LENGTH } from './message-header.ts';
import { MESSAGE_ID, PIECE_FIELDS_LENGTH, type PeerMessage } from './message.ts';

/**
 * Encodes one message: a 4-byte big-endian length, the id, the fields, the payload.
 *
 * A `piece` is copied into the result; to send a large block without a copy, write {@link encodePieceHeader} and
 * then the block itself.
 *
 * @returns A new array; the caller owns it.
 * @throws {RangeError} if a `piece` has no block, or one whose length is not `length`; if a number does not fit its field.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, peer messages}
 */
export function encodeMessage(message: PeerMessage): Uint8Array<ArrayBuffer> {
  switch (message.type) {
    case 'keepAlive':
      return new Uint8Array(PREFIX_LENGTH);
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'notInterested':
    case 'haveAll':
    case 'haveNone':
      return frame(MESSAGE_ID[message.type], []);
    case 'have':
    case 'suggest':
    case 'allowedFast':
      return frame(MESSAGE_ID[message.type], [message.index]);
    case 'bitfield':
      return frame(MESSAGE_ID.bitfield, [], message.bits);
    case 'request':
    case 'cancel':
    case 'reject':
      return frame(MESSAGE_ID[message.type], [message.index, message.begin, message.length]);
    case 'piece':
      if (message.block?.length !== message.length) {
        throw new RangeError(
          `Cannot encode a block of ${message.block?.length ?? 0} bytes: length says ${message.length}`,
        );
      }
      return frame(MESSAGE_ID.piece, [message.index, message.begin], message.block);
    case 'port':
      if (!Number.isInteger(message.port) || message.port < 0 || message.port > 0xffff) {
        throw new RangeError(`Cannot encode port ${message.port}: it must be a whole number from 0 to 65535`);
      }
      return frame(MESSAGE_ID.port, [], Uint8Array.of(message.port >>> 8, message.port));
    case 'extended':
      return concat(encodeExtendedHeader(message.id, message.payload.length), message.payload);
    case 'unknown':
      return frame(message.id, [], message.payload);
  }
}

/**
 * Encodes what goes before a block's bytes: 13 bytes, for a block of `length` bytes that is written after it.
 *
 * @throws {RangeError} if a number does not fit its field.
 */
export function encodePieceHeader(index: number, begin: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PIECE_HEADER_LENGTH);
  putPieceHeader(bytes, 0, index, begin, length);
  return bytes;
}

/** Bytes before a block in a `piece` message. */
export const PIECE_HEADER_LENGTH = 13;

/** Writes what goes before a block at `offset`: {@link PIECE_HEADER_LENGTH} bytes. Allocates nothing. @throws {RangeError} if a number does not fit its field. */
export function putPieceHeader(
  target: Uint8Array,
  offset: number,
  index: number,
  begin: number,
  length: number,
): void {
  putUint32(target, offset, PIECE_FIELDS_LENGTH + length);
  target[offset + 4] = MESSAGE_ID.piece;
  putUint32(target, offset + 5, index);
  putUint32(target, offset + 9, begin);
}

/** Bytes in an encoded `have`. */
const HAVE_LENGTH = 9;

/** Encodes a `have` for each of some pieces, one after another. @throws {RangeError} if a number does not fit its field. */
export function encodeHaves(indexes: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HAVE_LENGTH * indexes.length);
  for (const [at, index] of indexes.entries()) {
    putUint32(bytes, HAVE_LENGTH * at, 5);
    bytes[HAVE_LENGTH * at + 4] = MESSAGE_ID.have;
    putUint32(bytes, HAVE_LENGTH * at + 5, index);
  }
  return bytes;
}

/**
 * Encodes what goes before the payload of an `extended` message: 6 bytes.
 *
 * @throws {RangeError} if `id` is not 0 to 255.
 */
export function encodeExtendedHeader(id: number, payloadLength: number): Uint8Array<ArrayBuffer> {
  checkId(id);
  const bytes = new Uint8Array(PREFIX_LENGTH + 2);
  putUint32(bytes, 0, 2 + payloadLength);
  bytes[PREFIX_LENGTH] = MESSAGE_ID.extended;
  bytes[PREFIX_LENGTH + 1] = id;
  return bytes;
}

/** Bytes in an encoded `request` or `cancel`. */
export const REQUEST_LENGTH = 17;

/** Writes a `request` or `cancel` at `offset`: {@link REQUEST_LENGTH} bytes. Allocates nothing. @throws {RangeError} if a number does not fit its field. */
export function putRequest(
  target: Uint8Array,
  offset: number,
  id: typeof MESSAGE_ID.request | typeof MESSAGE_ID.cancel,
  index: number,
  begin: number,
  length: number,
): void {
  putUint32(target, offset, 13);
  target[offset + 4] = id;
  putUint32(target, offset + 5, index);
  putUint32(target, offset + 9, begin);
  putUint32(target, offset + 13, length);
}

function frame(id: number, fields: readonly number[], payload?: Uint8Array): Uint8Array<ArrayBuffer> {
  checkId(id);
  const payloadAt = PREFIX_LENGTH + 1 + 4 * fields.length;
  const bytes = new Uint8Array(payloadAt + (payload?.length ?? 0));
  putUint32(bytes, 0, bytes.length - PREFIX_LENGTH);
  bytes[PREFIX_LENGTH] = id;
  let offset = PREFIX_LENGTH + 1;
  for (const field of fields) {
    putUint32(bytes, offset, field);
    offset += 4;
  }
  if (payload !== undefined) bytes.set(payload, payloadAt);
  return bytes;
}

function checkId(id: number): void {
  if (!Number.isInteger(id) || id < 0 || id > 0xff) {
    throw new RangeError(`Cannot encode a message with id ${id}: it must be a whole number from 0 to 255`);
  }
}

function concat(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

function putUint32(target: Uint8Array, offset: number, value: number): void {
  // Cut to 32 bits it would be another number, and reach the peer as such.
  if (value >>> 0 !== value) {
    throw new RangeError(`Cannot encode ${value}: it must be a whole number from 0 to 4294967295`);
  }
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}
