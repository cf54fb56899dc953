/** Scripts and symbols that take two columns. Where fonts disagree this errs to the wide side: lines get shorter, not longer. */
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]/u;
const ZERO = /[\p{Mn}\p{Me}]/u;

/** Returns how many columns of a terminal one character takes. */
function widthOf(character: string): number {
  if (character < '\u0300') return 1;
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Returns how many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** Shortens a text to `maxWidth` columns by what is in its middle: the end of a name tells as much as its start. */
export function fitText(text: string, maxWidth: number, ellipsis: string): string {
  if (textWidth(text) <= maxWidth) return text;
  const room = maxWidth - ellipsis.length;
  if (room < 1) return '';
  const tailWidth = Math.floor(room / 3);
  const characters = Array.from(text);
  const head = takeWidth(characters, room - tailWidth);
  const tail = takeWidth(characters.toReversed(), tailWidth).toReversed();
  return `${head.join('')}${ellipsis}${tail.join('')}`;
}

function takeWidth(characters: readonly string[], maxWidth: number): string[] {
  let width = 0;
  const end = characters.findIndex((character) => (width += widthOf(character)) > maxWidth);
  return characters.slice(0, end);
}
