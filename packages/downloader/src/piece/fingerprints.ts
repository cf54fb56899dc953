import { BLOCK_LENGTH, sha1 } from '@millrace/metainfo';

const KEY_LENGTH = 16;
/** Bytes of the hash that are kept: as many as a number holds. */
const KEPT_LENGTH = 6;

/**
 * Makes short fingerprints of blocks. They depend on a key that no one else knows, so that no one can send a wrong block
 * with the fingerprint of the right one.
 */
export class Fingerprints {
  /** The key, and room for a block after it. */
  readonly #keyed = new Uint8Array(KEY_LENGTH + BLOCK_LENGTH);

  /** @param random - A number from 0 up to 1. */
  constructor(random: () => number) {
    for (let at = 0; at < KEY_LENGTH; at += 1) this.#keyed[at] = Math.floor(random() * 256);
  }

  /** Returns the fingerprints of the blocks of a piece, in order: 48 bits each. */
  of(piece: Uint8Array): readonly number[] {
    const fingerprints: number[] = [];
    for (let begin = 0; begin < piece.length; begin += BLOCK_LENGTH) {
      const block = piece.subarray(begin, begin + BLOCK_LENGTH);
      this.#keyed.set(block, KEY_LENGTH);
      const hash = sha1(this.#keyed.subarray(0, KEY_LENGTH + block.length));
      let fingerprint = 0;
      for (const byte of hash.subarray(0, KEPT_LENGTH)) fingerprint = fingerprint * 256 + byte;
      fingerprints.push(fingerprint);
    }
    return fingerprints;
  }
}
