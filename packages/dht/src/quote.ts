/** Longest text from outside that a message shows, in code points. */
const MAX_SHOWN = 256;

/** Quotes text that came from outside for a message: bounded, and with nothing in it a terminal would act on. */
export function quote(text: string): string {
  // Twice as many units hold as many code points at least, so a long text is never spread whole.
  const points = Array.from(text.slice(0, 2 * MAX_SHOWN + 2));
  const shown = points.length > MAX_SHOWN ? `${points.slice(0, MAX_SHOWN).join('')}…` : text;
  const escaped = shown.replaceAll(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
  return `"${escaped}"`;
}
