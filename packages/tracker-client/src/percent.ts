const UNRESERVED = new Set(
  Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~', (character) =>
    character.charCodeAt(0),
  ),
);

/** One entry for each byte: what stands for it in a query. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  UNRESERVED.has(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

/**
 * Writes bytes for the query of a URL: unreserved characters as they are, every other byte as `%XX`. The bytes need
 * not be text, which is why `encodeURIComponent` cannot do this.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3986#section-2 | RFC 3986, section 2}
 */
export function encodePercent(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += ENCODED[byte] ?? '';
  return text;
}

/** Reads what `encodePercent` wrote. A `%` that begins no escape, and any other character, stands for itself. */
export function decodePercent(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const escape = String.fromCharCode(...bytes.subarray(at, at + 3));
    if (/^%[\da-f]{2}$/i.test(escape)) {
      bytes[length] = Number.parseInt(escape.slice(1), 16);
      at += 2;
    } else {
      bytes[length] = bytes[at] ?? 0;
    }
    length += 1;
  }
  return bytes.slice(0, length);
}
