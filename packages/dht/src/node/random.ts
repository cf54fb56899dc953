const POOL_LENGTH = 4096;
let pool: Uint8Array<ArrayBuffer> = new Uint8Array();
let used = 0;

/** Draws bytes nobody can foresee, a few thousand at a time: it is asked for four of them very often. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (used + length > pool.length) {
    pool = globalThis.crypto.getRandomValues(new Uint8Array(Math.max(POOL_LENGTH, length)));
    used = 0;
  }
  used += length;
  return pool.slice(used - length, used);
}
