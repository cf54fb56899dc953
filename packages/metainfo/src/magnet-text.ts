import type { MagnetParameter } from './magnet.ts';
import { toEscapedText } from './text.ts';

const PERCENT = 0x25;
const LONGEST_KEY = 16;

/** A parameter and where in the link it starts. */
export interface PlacedParameter extends MagnetParameter {
  readonly offset: number;
}

/**
 * Splits the query of a link at each `&`, or `&amp;` as HTML writes it. What has no key is left out.
 *
 * Every character is looked at a fixed number of times: a `=` is never sought beyond the next `&`.
 */
export function* splitParameters(link: string, from: number): Generator<PlacedParameter, void, void> {
  for (let start = from; start < link.length;) {
    const next = link.indexOf('&', start);
    const end = next === -1 ? link.length : next;
    let offset = start;
    while (link.slice(offset, offset + 4).toLowerCase() === 'amp;') offset += 4;
    const parameter = link.slice(offset, end);
    const equals = parameter.indexOf('=');
    const key = equals === -1 ? parameter : parameter.slice(0, equals);
    if (key !== '') yield { key, value: equals === -1 ? '' : parameter.slice(equals + 1), offset };
    start = end + 1;
  }
}

/** Returns the key without escapes, case and number: `tr` for `TR.1`. Ones too long to be known come back as they are. */
export function plainKey(key: string): string {
  if (key.length > LONGEST_KEY) return key;
  return unescapeText(key)
    .toLowerCase()
    .replace(/\.\d+$/, '');
}

/** Undoes escapes. One that is none (`%`, `%zz`), or is no part of UTF-8 (`%ff`), stays as it is written. */
export function unescapeText(text: string): string {
  if (!text.includes('%')) return text;
  const bytes = new TextEncoder().encode(text);
  let length = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const escaped = bytes[index] === PERCENT ? byteOf(bytes[index + 1], bytes[index + 2]) : undefined;
    bytes[length] = escaped ?? bytes[index] ?? 0;
    length += 1;
    if (escaped !== undefined) index += 2;
  }
  return toEscapedText(bytes.subarray(0, length));
}

function byteOf(high = 0, low = 0): number | undefined {
  const digits = String.fromCharCode(high, low);
  return /^[\da-f]{2}$/i.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
