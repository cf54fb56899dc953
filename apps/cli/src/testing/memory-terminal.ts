import type { Terminal, TerminalStream } from '../terminal.ts';

export interface MemoryTerminalOptions {
  /** What standard input holds. */
  readonly stdin?: Uint8Array;
  /** Whether someone looks at standard error. */
  readonly isTerminal?: boolean;
  /** Whether someone looks at standard output. @defaultValue `isTerminal` */
  readonly isOutputTerminal?: boolean;
  readonly columns?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A terminal that remembers what was written to it. */
export class MemoryTerminal implements Terminal {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly environment: Readonly<Record<string, string>>;
  readonly #stdin: Uint8Array;
  readonly #bytes: Uint8Array[] = [];
  #out = '';
  #err = '';

  constructor(options: MemoryTerminalOptions = {}) {
    const { isTerminal = false, columns = 80 } = options;
    this.#stdin = options.stdin ?? new Uint8Array(0);
    // Unless a test wants it to, nothing looks for peers outside this machine.
    this.environment = { MILLRACE_DISCOVERY: '', ...options.environment };
    const { isOutputTerminal = isTerminal } = options;
    const writeBytes = (bytes: Uint8Array): void => void this.#bytes.push(bytes);
    const size = { columns, rows: 24, writeBytes };
    this.stdout = { ...size, isTerminal: isOutputTerminal, write: (text) => void (this.#out += text) };
    this.stderr = { ...size, isTerminal, write: (text) => void (this.#err += text) };
  }

  /** Everything written to standard output. */
  get out(): string {
    return this.#out;
  }

  /** What was written to standard output and is no text. */
  get outBytes(): Uint8Array {
    return Buffer.concat(this.#bytes);
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
