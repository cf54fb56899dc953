import type { Layers } from './layers.ts';
import type { Printer } from './printer.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given besides its own arguments. */
export interface Context {
  readonly terminal: Terminal;
  /** Results. */
  readonly out: Printer;
  /** Everything said about them. */
  readonly err: Printer;
  readonly layers: Layers;
  /** The words after `millrace`, to repeat the command to the user. */
  readonly argv: readonly string[];
  /** Stops the command; its reason is an `Interruption`. */
  readonly signal: AbortSignal;
}
