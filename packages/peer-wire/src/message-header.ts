import { PeerWireError } from './error.ts';
import { MESSAGE_ID, PIECE_FIELDS_LENGTH, fixedLength, leastLength } from './message.ts';

/** Bytes of the length before every message; the length does not count them. */
export const PREFIX_LENGTH = 4;
/** The longest that a header can be: prefix, id and the fields of a `request`. */
export const MAX_HEADER_LENGTH = 17;

/**
 * Returns the length of the header at `start`, as far as `available` bytes tell: more than `available` if there is more
 * to come. A header is the prefix, the id and all fields of fixed length.
 *
 * @throws {PeerWireError} `MESSAGE_TOO_LONG` as soon as the prefix is there, `MESSAGE_LENGTH` as soon as the id is.
 */
export function headerLength(
  bytes: Uint8Array,
  start: number,
  available: number,
  maxMessageLength: number,
): number {
  if (available < PREFIX_LENGTH) return PREFIX_LENGTH;
  const length = uint32(bytes, start);
  if (length > maxMessageLength) {
    throw new PeerWireError({ code: 'MESSAGE_TOO_LONG', length, maxLength: maxMessageLength });
  }
  if (length === 0) return PREFIX_LENGTH;
  if (available === PREFIX_LENGTH) return PREFIX_LENGTH + 1;
  const id = bytes[start + PREFIX_LENGTH] ?? 0;
  const fixed = fixedLength(id);
  const expected = fixed ?? Math.max(length, leastLength(id));
  if (length !== expected) throw new PeerWireError({ code: 'MESSAGE_LENGTH', id, length, expected });
  return PREFIX_LENGTH + (fixed ?? (id === MESSAGE_ID.piece ? PIECE_FIELDS_LENGTH : 1));
}

/** Reads a big-endian unsigned integer; `>>> 0` because `<<` makes a signed one. */
export function uint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] ?? 0) << 24) |
      ((bytes[offset + 1] ?? 0) << 16) |
      ((bytes[offset + 2] ?? 0) << 8) |
      (bytes[offset + 3] ?? 0)) >>>
    0
  );
}
