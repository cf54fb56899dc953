import { fromHex } from './hex.ts';
import { infoHash, type InfoHash, parseInfoHash } from './info-hash.ts';

const BASE32_DIGITS = 'abcdefghijklmnopqrstuvwxyz234567';

/** What an `xt` parameter names; `unknown` is of another network. */
export type ExactTopic =
  | { readonly type: 'infoHash'; readonly hash: InfoHash }
  | { readonly type: 'multihash'; readonly bytes: Uint8Array }
  | { readonly type: 'invalid'; readonly expected: string }
  | { readonly type: 'unknown' };

/** Reads the value of an `xt` parameter, its escapes undone. */
export function parseExactTopic(text: string): ExactTopic {
  const match = /^urn:(btih|btmh):/i.exec(text);
  if (match === null) return { type: 'unknown' };
  const digits = text.slice(match[0].length);
  if (match[1]?.toLowerCase() === 'btih') return parseDigits(digits);
  const bytes = parseMultihash(digits);
  return bytes === undefined
    ? { type: 'invalid', expected: 'urn:btmh: and a multihash of up to 64 bytes in hexadecimal digits' }
    : { type: 'multihash', bytes };
}

function parseDigits(digits: string): ExactTopic {
  if (/^[\da-f]{40}$/i.test(digits)) return { type: 'infoHash', hash: parseInfoHash(digits) };
  if (/^[a-z2-7]{32}$/i.test(digits)) return { type: 'infoHash', hash: infoHash(fromBase32(digits)) };
  return { type: 'invalid', expected: 'urn:btih: and 40 hexadecimal or 32 base32 digits' };
}

function parseMultihash(digits: string): Uint8Array | undefined {
  if (!/^(?:[\da-f]{2}){3,66}$/i.test(digits)) return undefined;
  const bytes = fromHex(digits);
  return bytes[1] === bytes.length - 2 ? bytes : undefined;
}

function fromBase32(digits: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let bitCount = 0;
  for (const digit of digits.toLowerCase()) {
    bits = ((bits << 5) | BASE32_DIGITS.indexOf(digit)) & 0xfff;
    bitCount += 5;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes.push((bits >> bitCount) & 0xff);
  }
  return Uint8Array.from(bytes);
}
