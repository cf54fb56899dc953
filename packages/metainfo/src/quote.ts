const SHOWN_CHARACTERS = 80;

/** Quotes text that came from outside for a message: bounded, and with nothing in it a terminal would act on. */
export function quote(text: string): string {
  return `"${escape(text)}"`;
}

/** Quotes the path of a file on disk, which is told in full. */
export function quotePath(path: string): string {
  return `"${escape(path, Number.POSITIVE_INFINITY)}"`;
}

/** Bounds and escapes text that came from outside. */
export function escape(text: string, maxLength: number = SHOWN_CHARACTERS): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return shown.replaceAll(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
