import type { BencodeDict, BencodeValue } from '@millrace/bencode';
import { escapeJson } from './escape.ts';
import { toHex } from './hex.ts';

/**
 * Returns a bencoded value as one line of JSON from which the value can be rebuilt exactly.
 *
 * ```text
 * integer                   the same digits, however many
 * bytes that are UTF-8      "text"
 * other bytes               {"$bytes":"ff00"}          hex, lower case
 * key that is UTF-8         "text", with one more $ in front if it starts with $
 * other key                 "$bytes:ff00"
 * ```
 *
 * So a key of one leading `$` is always of this table: a dictionary that really has the key `$bytes` shows `$$bytes`.
 * Entries keep their order. Characters that a terminal acts on or hides are `\u` escapes.
 */
export function bencodeToJson(value: BencodeValue): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return bytesToJson(value);
  if (isDict(value)) {
    const entries = Array.from(value, ([key, item]) => `${keyToJson(key)}:${bencodeToJson(item)}`);
    return `{${entries.join(',')}}`;
  }
  return `[${value.map((item) => bencodeToJson(item)).join(',')}]`;
}

function bytesToJson(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  return text === undefined ? `{"$bytes":"${toHex(bytes)}"}` : quote(text);
}

function keyToJson(key: string): string {
  const bytes = Uint8Array.from(key, (unit) => unit.charCodeAt(0));
  const text = decodeUtf8(bytes);
  if (text === undefined) return `"$bytes:${toHex(bytes)}"`;
  return quote(text.startsWith('$') ? `$${text}` : text);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function quote(text: string): string {
  return escapeJson(JSON.stringify(text));
}

function isDict(value: BencodeValue): value is BencodeDict {
  return value instanceof Map;
}
