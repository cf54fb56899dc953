import type { Terminal, TerminalStream } from '../terminal.ts';

export interface MemoryTerminalOptions {
  /** What standard input holds. */
  readonly stdin?: Uint8Array;
  /** Whether someone looks at standard error. */
  readonly isTerminal?: boolean;
  readonly columns?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A terminal that remembers what was written to it. */
export class MemoryTerminal implements Terminal {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly environment: Readonly<Record<string, string>>;
  readonly #stdin: Uint8Array;
  #out = '';
  #err = '';

  constructor(options: MemoryTerminalOptions = {}) {
    const { isTerminal = false, columns = 80 } = options;
    this.#stdin = options.stdin ?? new Uint8Array(0);
    this.environment = options.environment ?? {};
    this.stdout = { isTerminal, columns, rows: 24, write: (text) => void (this.#out += text) };
    this.stderr = { isTerminal, columns, rows: 24, write: (text) => void (this.#err += text) };
  }

  /** Everything written to standard output. */
  get out(): string {
    return this.#out;
  }

  /** Everything written to standard error. */
  get err(): string {
    return this.#err;
  }

  async *stdin(): AsyncGenerator<Uint8Array> {
    // In two parts, cut anywhere: a pipe does the same.
    const cut = Math.ceil(this.#stdin.length / 2);
    yield this.#stdin.subarray(0, cut);
    yield this.#stdin.subarray(cut);
  }
}
