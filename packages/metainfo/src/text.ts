const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
const fatal = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** Decodes UTF-8 for display: whatever is not UTF-8 becomes U+FFFD. */
export function toText(bytes: Uint8Array): string {
  return lossy.decode(bytes);
}

/** Tells whether all of `bytes` is UTF-8. */
export function isText(bytes: Uint8Array): boolean {
  try {
    fatal.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Decodes UTF-8, writing each byte that is no part of it as `%` and two hexadecimal digits. */
export function toEscapedText(bytes: Uint8Array): string {
  try {
    return fatal.decode(bytes);
  } catch {
    return escapeInvalid(bytes);
  }
}

/** Returns the longest start of `text`, in whole characters, that takes at most `maxBytes` as UTF-8. */
export function prefixWithin(text: string, maxBytes: number): string {
  let remaining = maxBytes;
  let end = 0;
  while (end < text.length) {
    const character = text.codePointAt(end) ?? 0;
    remaining -= encodedLength(character);
    if (remaining < 0) break;
    end += character > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

function encodedLength(character: number): number {
  if (character < 0x80) return 1;
  if (character < 0x800) return 2;
  return character < 0x1_0000 ? 3 : 4;
}

function escapeInvalid(bytes: Uint8Array): string {
  let text = '';
  let validFrom = 0;
  for (let offset = 0; offset < bytes.length;) {
    const length = sequenceLength(bytes, offset);
    if (length === 0) {
      if (offset > validFrom) text += lossy.decode(bytes.subarray(validFrom, offset));
      text += `%${(bytes[offset] ?? 0).toString(16).padStart(2, '0')}`;
      validFrom = offset + 1;
    }
    offset += Math.max(1, length);
  }
  return text + lossy.decode(bytes.subarray(validFrom));
}

/** Returns how many bytes the UTF-8 sequence at `offset` has, or 0 if there is none (overlong, surrogate, cut). */
function sequenceLength(bytes: Uint8Array, offset: number): number {
  const lead = bytes[offset] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  for (let index = 1; index < length; index += 1) {
    if (((bytes[offset + index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  // The second byte says whether three or four bytes spell something shorter, a surrogate, or too much.
  const second = bytes[offset + 1] ?? 0;
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second > 0x8f) return 0;
  return length;
}
