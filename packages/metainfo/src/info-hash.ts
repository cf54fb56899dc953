import type { Brand } from './brand.ts';
import { fromHex, toHex } from './hex.ts';
import { quote } from './quote.ts';

/** SHA-1 of a torrent's bencoded `info` dictionary: 20 bytes. */
export type InfoHash = Brand<Uint8Array, 'InfoHash'>;

const INFO_HASH_LENGTH = 20;

/**
 * Checks that `bytes` can be an info hash.
 *
 * @returns A copy, so it stays right when the buffer it was read from is used again.
 * @throws {RangeError} if `bytes` is not 20 bytes long.
 */
export function infoHash(bytes: Uint8Array): InfoHash {
  const copy = new Uint8Array(bytes);
  if (!isInfoHash(copy)) {
    throw new RangeError(`Cannot use ${bytes.length} bytes as an info hash: it must be ${INFO_HASH_LENGTH}`);
  }
  return copy;
}

/**
 * Reads an info hash from 40 hexadecimal digits, upper or lower case.
 *
 * @throws {RangeError} if `text` is anything else.
 */
export function parseInfoHash(text: string): InfoHash {
  if (!/^[0-9a-f]{40}$/i.test(text)) {
    throw new RangeError(`Cannot read info hash ${quote(text)}: it must be 40 hexadecimal digits`);
  }
  return infoHash(fromHex(text));
}

/** Writes an info hash as 40 lower-case hexadecimal digits. */
export function formatInfoHash(hash: InfoHash): string {
  return toHex(hash);
}

function isInfoHash(bytes: Uint8Array): bytes is InfoHash {
  return bytes.length === INFO_HASH_LENGTH;
}
