import { digestSha1 } from '#sha1';
import { encode } from '@millrace/bencode';
import { concat } from '../bytes.ts';

/** Longest value, bencoded, in bytes. */
export const MAX_VALUE_LENGTH = 1000;
export const MAX_SALT_LENGTH = 64;
export const PUBLIC_KEY_LENGTH = 32;
/** Largest sequence number: that of a signed integer of 64 bits. */
export const MAX_SEQUENCE: bigint = 2n ** 63n - 1n;

const ascii: TextEncoder = new TextEncoder();

/** Returns the target of a value that cannot change: the SHA-1 of its bencoded form. */
export function immutableTarget(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return digestSha1(value);
}

/** Returns the target of a value that its owner can change: the SHA-1 of the public key and the salt. */
export function mutableTarget(
  publicKey: Uint8Array,
  salt: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  return digestSha1(concat(publicKey, salt));
}

/**
 * Returns what is signed: the salt if there is one, the sequence number and the value, as they would stand in a
 * dictionary, without its ends.
 *
 * @param value Bencoded.
 * @see {@link https://www.bittorrent.org/beps/bep_0044.html | BEP 44, signature verification}
 */
export function signedBytes(salt: Uint8Array, sequence: bigint, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const saltPart = salt.length === 0 ? new Uint8Array() : concat(ascii.encode('4:salt'), encode(salt));
  return concat(saltPart, ascii.encode(`3:seqi${sequence}e1:v`), value);
}
