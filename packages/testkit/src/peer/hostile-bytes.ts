import { encodeMessage, encodePieceHeader } from '@millrace/peer-wire';
import { payload } from '../payload.ts';

/** Bytes that no honest peer sends, for {@link Intrusion}. Each builder returns a new array. */

/** A length prefix and a message id, followed by nothing: a promise of `length` bytes. */
export function hugePrefix(id: number, length = 0xffff_ffff): Uint8Array {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = id;
  return bytes;
}

/** A message with any id and any payload, its length told truly: a `have` of three bytes, say. */
export function oddMessage(id: number, length: number): Uint8Array {
  return encodeMessage({ type: 'unknown', id, payload: new Uint8Array(length) });
}

export function haveMessage(index: number): Uint8Array {
  return encodeMessage({ type: 'have', index });
}

export function garbage(length: number, seed = 1): Uint8Array {
  return payload(length, seed);
}

export function keepAlives(count: number): Uint8Array {
  return new Uint8Array(4 * count);
}

/** The same message `count` times in a row. */
export function repeated(bytes: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(bytes.length * count);
  for (let at = 0; at < count; at += 1) all.set(bytes, at * bytes.length);
  return all;
}

export function requestMessage(index: number, begin: number, length: number): Uint8Array {
  return encodeMessage({ type: 'request', index, begin, length });
}

/** A block that was not asked for; its position may lie anywhere, within the torrent or not. */
export function unrequestedBlock(index: number, begin: number, length: number): Uint8Array {
  const bytes = new Uint8Array(13 + length);
  bytes.set(encodePieceHeader(index, begin, length));
  bytes.set(payload(length, index + 1), 13);
  return bytes;
}
