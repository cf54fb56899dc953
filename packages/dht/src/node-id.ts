import type { Endpoint } from './endpoint.ts';

/** Bytes of a node's id, an info hash or a target: all are points of the same space of 160 bits. */
export const ID_LENGTH = 20;

/** A node as others name it. */
export interface Contact {
  /** 20 bytes. */
  readonly id: Uint8Array;
  readonly endpoint: Endpoint;
}

/** Draws bytes nobody can foresee. */
export type RandomBytes = (length: number) => Uint8Array;

/**
 * Compares two distances to `target`: negative if `one` is closer, positive if `other` is, 0 if they are the same id. The
 * distance is the exclusive or of two ids, read as a number.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5, overview}
 */
export function compareDistance(target: Uint8Array, one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < ID_LENGTH; at += 1) {
    const first = one[at] ?? 0;
    const second = other[at] ?? 0;
    if (first !== second) {
      const own = target[at] ?? 0;
      return (first ^ own) - (second ^ own);
    }
  }
  return 0;
}

/** Counts the bits that two ids begin with in common: 0 to 160. */
export function commonPrefix(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < ID_LENGTH; at += 1) {
    const difference = (one[at] ?? 0) ^ (other[at] ?? 0);
    if (difference !== 0) return at * 8 + Math.clz32(difference) - 24;
  }
  return ID_LENGTH * 8;
}

/** Draws an id that has exactly (or, with `orMore`, at least) `bits` bits in common with `id`. */
export function randomIdNear(
  id: Uint8Array,
  bits: number,
  random: RandomBytes,
  orMore: boolean,
): Uint8Array<ArrayBuffer> {
  const drawn = Uint8Array.from(random(ID_LENGTH));
  const whole = Math.min(bits >>> 3, ID_LENGTH);
  drawn.set(id.subarray(0, whole));
  if (whole === ID_LENGTH) return drawn;
  const rest = bits & 7;
  const mask = 0xff >>> rest;
  let byte = ((id[whole] ?? 0) & ~mask) | ((drawn[whole] ?? 0) & mask);
  const bit = 0x80 >>> rest;
  if (!orMore) byte = (byte & ~bit) | (~(id[whole] ?? 0) & bit);
  drawn[whole] = byte;
  return drawn;
}

/** @throws {RangeError} if `id` is not 20 bytes long. */
export function checkId(id: Uint8Array, what: string): void {
  if (id.length !== ID_LENGTH) {
    throw new RangeError(`Cannot use ${id.length} bytes as ${what}: it must be ${ID_LENGTH}`);
  }
}
