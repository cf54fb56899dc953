const SHOWN_CHARACTERS = 80;

/** Quotes text that came from outside for a message: bounded, and with nothing in it a terminal would act on. */
export function quote(text: string): string {
  return `"${escape(text)}"`;
}

/** Bounds and escapes text that came from outside. */
export function escape(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return shown.replaceAll(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
