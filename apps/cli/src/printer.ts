import { styleText } from 'node:util';
import { escape } from './escape.ts';
import type { TerminalStream } from './terminal.ts';

export type Style = Parameters<typeof styleText>[0];

/** Applies a style; with colours off, returns the text as it is. */
export type Paint = (style: Style, text: string) => string;

export function painter(hasColour: boolean): Paint {
  if (!hasColour) return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

/**
 * The output boundary: everything but the live display passes through here and is escaped, so no command can
 * forget it.
 */
export class Printer {
  readonly #stream: TerminalStream;

  constructor(stream: TerminalStream) {
    this.#stream = stream;
  }

  /** Writes one line; a line break within `text` is escaped like any other control character. */
  line(text: string): void {
    this.#stream.write(`${escape(text)}\n`);
  }

  /** Writes many lines with one write. */
  lines(texts: readonly string[]): void {
    if (texts.length > 0) this.#stream.write(texts.map((text) => `${escape(text)}\n`).join(''));
  }
}
