import { digestSha1 } from '#sha1';
import { concat, sameBytes } from './bytes.ts';
import type { RandomBytes } from './node-id.ts';

/** How long a secret is used; the one before it counts as long again. BEP 5: "tokens up to ten minutes old are accepted". */
const SECRET_MS = 5 * 60_000;
const SECRET_LENGTH = 20;
const TOKEN_LENGTH = 8;
const BLOCK_LENGTH = 64;

/**
 * Gives out tokens, and knows them again: whoever has one receives packets at the address it was made for. They are bound
 * to what was asked about, too, and nothing is remembered of them.
 */
export class TokenSecrets {
  readonly #random: RandomBytes;
  #current: Uint8Array;
  #previous: Uint8Array;
  #drawnMs: number;

  constructor(random: RandomBytes, nowMs: number) {
    this.#random = random;
    this.#current = Uint8Array.from(random(SECRET_LENGTH));
    this.#previous = Uint8Array.from(random(SECRET_LENGTH));
    this.#drawnMs = nowMs;
  }

  /** Makes a token of 8 bytes. */
  give(ip: Uint8Array, target: Uint8Array, nowMs: number): Uint8Array<ArrayBuffer> {
    this.#rotate(nowMs);
    return tokenOf(this.#current, ip, target);
  }

  /** Tells whether a token was given to this address, for this target, within the last five to ten minutes. */
  knows(token: Uint8Array, ip: Uint8Array, target: Uint8Array, nowMs: number): boolean {
    this.#rotate(nowMs);
    return (
      sameBytes(token, tokenOf(this.#current, ip, target)) ||
      sameBytes(token, tokenOf(this.#previous, ip, target))
    );
  }

  #rotate(nowMs: number): void {
    const ageMs = nowMs - this.#drawnMs;
    if (ageMs < SECRET_MS) return;
    this.#previous = ageMs < 2 * SECRET_MS ? this.#current : Uint8Array.from(this.#random(SECRET_LENGTH));
    this.#current = Uint8Array.from(this.#random(SECRET_LENGTH));
    // In whole steps: one that is late does not make the next one late, too.
    this.#drawnMs += SECRET_MS * Math.floor(ageMs / SECRET_MS);
  }
}

/** The first 8 bytes of HMAC-SHA-1. {@link https://www.rfc-editor.org/rfc/rfc2104 | RFC 2104} */
function tokenOf(secret: Uint8Array, ip: Uint8Array, target: Uint8Array): Uint8Array<ArrayBuffer> {
  const inner = digestSha1(concat(padded(secret, 0x36), ip, target));
  return digestSha1(concat(padded(secret, 0x5c), inner)).slice(0, TOKEN_LENGTH);
}

function padded(secret: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(BLOCK_LENGTH).fill(pad);
  for (const [at, byte] of secret.entries()) block[at] = byte ^ pad;
  return block;
}
