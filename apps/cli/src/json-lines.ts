import { escapeJson } from './escape.ts';
import type { Printer } from './printer.ts';

/** Version of what `--json` prints; it grows when a field changes its meaning or goes away. */
export const JSON_SCHEMA = 1;

/** Returns `value` as JSON of one line that is safe to print: what a terminal acts on is a `\u` escape. */
export function toJson(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** Writes objects one a line; the first carries the schema version. */
export class JsonLines {
  readonly #out: Printer;
  #isFirst = true;

  constructor(out: Printer) {
    this.#out = out;
  }

  write(object: object): void {
    this.#out.line(toJson(this.#isFirst ? { schema: JSON_SCHEMA, ...object } : object));
    this.#isFirst = false;
  }
}
