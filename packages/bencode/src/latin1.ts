/** Arguments to one `String.fromCharCode` call; engines cap how many they take. */
const CHUNK_LENGTH = 4096;

/** Keys up to this long are looked for in the cache. The field's own are shorter. */
const MAX_CACHED_LENGTH = 24;
const CACHE_SIZE = 512;

/**
 * Recently read keys. Torrents repeat a dozen keys thousands of times: handing out the same string saves making
 * and hashing a new one for each. Bounded (512 keys of at most 24 bytes) and invisible to callers.
 */
const cache: string[] = Array.from({ length: CACHE_SIZE }, () => '');

/** Returns bytes `start` to `end` as a string of one unit per byte. */
export function readLatin1(input: Uint8Array, start: number, end: number): string {
  // TextDecoder cannot do this: its "latin1" is windows-1252, which changes 0x80 to 0x9f.
  let text = '';
  for (let from = start; from < end; from += CHUNK_LENGTH) {
    // Spreading the bytes themselves would go through their iterator: five times slower.
    const units: number[] = [];
    const to = Math.min(from + CHUNK_LENGTH, end);
    for (let index = from; index < to; index += 1) units.push(input[index]!);
    text += String.fromCharCode(...units);
  }
  return text;
}

/** Same as {@link readLatin1}, quicker for keys that were read before. */
export function readKey(input: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > MAX_CACHED_LENGTH) return readLatin1(input, start, end);
  let hash = length;
  for (let index = start; index < end; index += 1) hash = (Math.imul(hash, 31) + input[index]!) | 0;
  const slot = (hash ^ (hash >>> 9)) & (CACHE_SIZE - 1);
  const cached = cache[slot]!;
  if (cached.length === length && isAt(cached, input, start)) return cached;
  const key = readLatin1(input, start, end);
  cache[slot] = key;
  return key;
}

function isAt(text: string, input: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== input[start + index]) return false;
  }
  return true;
}
