import { decodePrefix, encode, type BencodeValue } from '@millrace/bencode';
import { PeerWireError } from '../error.ts';

/** Bytes of every piece of metadata but the last. {@link https://www.bittorrent.org/beps/bep_0009.html | BEP 9} */
export const METADATA_PIECE_LENGTH = 16_384;
/** What an extension by this name speaks. */
export const METADATA_EXTENSION = 'ut_metadata';

/** What peers say about an info dictionary; its pieces have nothing to do with the torrent's. */
export type MetadataMessage =
  | { readonly type: 'request' | 'reject'; readonly piece: number }
  | {
      readonly type: 'data';
      readonly piece: number;
      /** Length of the whole, in bytes. */
      readonly totalSize: number;
      readonly data: Uint8Array;
    }
  /** A kind that came after BEP 9, to be ignored. */
  | { readonly type: 'unknown'; readonly messageType: number };

const MESSAGE_TYPE = { request: 0, data: 1, reject: 2 } as const;
/** No dictionary of a message is longer; one that were would be read for nothing. */
const MAX_DICT_ITEMS = 64;

/**
 * Encodes a message, for `data` without the bytes that follow the dictionary, so that they need not be copied.
 *
 * @throws {RangeError} if a number is not whole and at least 0.
 */
export function encodeMetadataHeader(
  message: Exclude<MetadataMessage, { readonly type: 'unknown' }>,
): Uint8Array<ArrayBuffer> {
  const totalSize = message.type === 'data' ? message.totalSize : undefined;
  for (const number of [message.piece, totalSize ?? 0]) {
    if (Number.isSafeInteger(number) && number >= 0) continue;
    throw new RangeError(`Cannot encode ${number}: it must be a whole number of at least 0`);
  }
  return encode({ msg_type: MESSAGE_TYPE[message.type], piece: message.piece, total_size: totalSize });
}

/**
 * Encodes a message: a bencoded dictionary, for `data` followed by the bytes.
 *
 * @returns A new array; the caller owns it.
 * @throws {RangeError} if a number is not whole and at least 0.
 * @see {@link https://www.bittorrent.org/beps/bep_0009.html | BEP 9, extension message}
 */
export function encodeMetadataMessage(
  message: Exclude<MetadataMessage, { readonly type: 'unknown' }>,
): Uint8Array<ArrayBuffer> {
  const header = encodeMetadataHeader(message);
  if (message.type !== 'data') return header;
  const bytes = new Uint8Array(header.length + message.data.length);
  bytes.set(header);
  bytes.set(message.data, header.length);
  return bytes;
}

/**
 * Decodes a message. `data` is a view of `payload`.
 *
 * @throws {PeerWireError} `MALFORMED_EXTENSION` if it is no dictionary, or a number in it is missing or cannot be.
 */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage {
  const { dict, end } = decodeHead(payload);
  const messageType = natural(dict.get('msg_type'));
  if (messageType > MESSAGE_TYPE.reject) return { type: 'unknown', messageType };
  const piece = natural(dict.get('piece'));
  if (messageType === MESSAGE_TYPE.data) {
    return { type: 'data', piece, totalSize: natural(dict.get('total_size')), data: payload.subarray(end) };
  }
  // Nothing may follow, but to be strict here would lose peers that pad.
  return { type: messageType === MESSAGE_TYPE.request ? 'request' : 'reject', piece };
}

function decodeHead(payload: Uint8Array): { dict: ReadonlyMap<string, BencodeValue>; end: number } {
  let cause: unknown;
  try {
    const { value, bytesRead } = decodePrefix(payload, { strict: false, maxItems: MAX_DICT_ITEMS });
    if (value instanceof Map) return { dict: value, end: bytesRead };
  } catch (error) {
    cause = error;
  }
  throw malformed({ cause });
}

function natural(value: BencodeValue | undefined): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw malformed();
}

function malformed(options?: ErrorOptions): PeerWireError {
  return new PeerWireError({ code: 'MALFORMED_EXTENSION', extension: METADATA_EXTENSION }, options);
}
