import { BencodeError } from './error.ts';
import { readLatin1 } from './latin1.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Returns the text a dictionary key spells in UTF-8.
 *
 * @throws {BencodeError} `NOT_UTF8` if its bytes are not UTF-8, `INVALID_KEY` if a unit is past U+00FF.
 */
export function keyToText(key: string): string {
  const bytes = new Uint8Array(key.length);
  let hasOnlyAscii = true;
  for (let index = 0; index < key.length; index += 1) {
    const unit = key.charCodeAt(index);
    if (unit > 0xff) throw new BencodeError({ code: 'INVALID_KEY', path: [key] });
    if (unit > 0x7f) hasOnlyAscii = false;
    bytes[index] = unit;
  }
  if (hasOnlyAscii) return key;
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new BencodeError({ code: 'NOT_UTF8', path: [key] }, { cause });
  }
}

/**
 * Returns the dictionary key that spells `text` in UTF-8.
 *
 * @throws {BencodeError} `NOT_UTF8` if `text` has a lone surrogate.
 */
export function textToKey(text: string): string {
  const key = toKey(text);
  if (key === undefined) throw new BencodeError({ code: 'NOT_UTF8', path: [text] });
  return key;
}

/** Same as {@link textToKey}, but `undefined` for a lone surrogate. */
export function toKey(text: string): string | undefined {
  if (isAscii(text)) return text;
  if (!text.isWellFormed()) return undefined;
  const bytes = encoder.encode(text);
  return readLatin1(bytes, 0, bytes.length);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
