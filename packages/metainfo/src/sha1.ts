import { digestSha1, openSha1 } from '#sha1';

/**
 * Computes the SHA-1 of `bytes`, by OpenSSL under node and by `@noble/hashes` elsewhere.
 *
 * @returns 20 bytes; the caller owns them.
 */
export function sha1(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return digestSha1(bytes);
}

/** A SHA-1 in progress. */
export interface Sha1 {
  /** Takes more bytes; they are only read during the call. */
  update(bytes: Uint8Array): void;
  /** Ends it and returns 20 bytes the caller owns. */
  digest(): Uint8Array<ArrayBuffer>;
}

/** Starts a SHA-1 of bytes that are never all in memory at once. */
export function createSha1(): Sha1 {
  return openSha1();
}
