/** One UTF-16 unit per byte: the form in which bytes can be the key of a `Map`. */
export function toKey(bytes: Uint8Array): string {
  // Faster than a loop for the 4 to 20 bytes that are keys here.
  return String.fromCharCode(...bytes);
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}

/** Joins parts into a new array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
