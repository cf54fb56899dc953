import { MESSAGE_ID, type PeerMessage } from './message.ts';

const PREFIX_LENGTH = 4;

/**
 * Encodes one message: a 4-byte big-endian length, the id, the fields, the payload.
 *
 * A `piece` is copied into the result; to send a large block without a copy, write {@link encodePieceHeader} and
 * then the block itself.
 *
 * @returns A new array; the caller owns it.
 * @throws {RangeError} if a `piece` has no block, or one whose length is not `length`.
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
      return frame(MESSAGE_ID[message.type], []);
    case 'have':
      return frame(MESSAGE_ID.have, [message.index]);
    case 'bitfield':
      return frame(MESSAGE_ID.bitfield, [], message.bits);
    case 'request':
    case 'cancel':
      return frame(MESSAGE_ID[message.type], [message.index, message.begin, message.length]);
    case 'piece':
      if (message.block?.length !== message.length) {
        throw new RangeError(
          `Cannot encode a block of ${message.block?.length ?? 0} bytes: length says ${message.length}`,
        );
      }
      return frame(MESSAGE_ID.piece, [message.index, message.begin], message.block);
    case 'unknown':
      return frame(message.id, [], message.payload);
  }
}

/** Encodes what goes before a block's bytes: 13 bytes, for a block of `length` bytes that is written after it. */
export function encodePieceHeader(index: number, begin: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(13);
  putUint32(bytes, 0, 9 + length);
  bytes[4] = MESSAGE_ID.piece;
  putUint32(bytes, 5, index);
  putUint32(bytes, 9, begin);
  return bytes;
}

/** Bytes in an encoded `request` or `cancel`. */
export const REQUEST_LENGTH = 17;

/** Writes a `request` or `cancel` at `offset`: {@link REQUEST_LENGTH} bytes. Allocates nothing. */
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

function putUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}
