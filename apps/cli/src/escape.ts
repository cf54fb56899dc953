/** Longest text from outside that is shown, in code points. */
const MAX_FOREIGN_CODE_POINTS = 256;

/** Text of which nothing is escaped, as almost all is. */
const PLAIN = /^[ -~]*$/u;
/**
 * What a terminal acts on or hides: C0, DEL, C1, bidirectional and zero-width marks, lone surrogates, line and
 * paragraph separators, unassigned and private characters. Variation selectors stay: they only choose a glyph.
 * Made when it is needed: that takes a millisecond.
 */
let unsafe: RegExp | undefined;

/** Returns `text` with every character that a terminal would act on or hide written as `\u{1b}`. Never longer lines: `\n` is one of them. */
export function escape(text: string): string {
  return replaceUnsafe(text, (character) => `\\u{${codePoint(character).toString(16)}}`);
}

/**
 * Returns text from a torrent, tracker or peer as it may be shown: escaped, and cut after `maxCodePoints`.
 *
 * @param maxCodePoints - Counted before escaping; the cut is marked with `…`.
 */
export function foreign(text: string, maxCodePoints: number = MAX_FOREIGN_CODE_POINTS): string {
  let end = 0;
  let count = 0;
  for (const character of text) {
    if (count === maxCodePoints) return `${escape(text.slice(0, end))}…`;
    count += 1;
    end += character.length;
  }
  return escape(text);
}

/** Returns a JSON text with the characters of {@link escape} as `\u001b`, so it means the same and is safe to print. */
export function escapeJson(json: string): string {
  return replaceUnsafe(json, (character) =>
    Array.from({ length: character.length }, (_, unit) => character.charCodeAt(unit))
      .map((code) => `\\u${code.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function replaceUnsafe(text: string, replacement: (character: string) => string): string {
  if (PLAIN.test(text)) return text;
  unsafe ??= /[[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\uFE00-\uFE0F]]/gv;
  return text.replaceAll(unsafe, replacement);
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
