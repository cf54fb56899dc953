import { Writable } from 'node:stream';
import type { TerminalStream } from '../terminal.ts';

/** A place on the terminal that is written over: what log-update makes. */
export interface Canvas {
  (frame: string): void;
  /** Writes lines above, to stay. */
  persist(lines: string): void;
  clear(): void;
  /** Gives the terminal back as it was. */
  done(): void;
}

/** Opens a canvas on `stream`. What draws in place is loaded only now, when a person looks. */
export async function openCanvas(stream: TerminalStream): Promise<Canvas> {
  const { createLogUpdate } = await import('log-update');
  return createLogUpdate(new CanvasStream(stream));
}

/** What log-update wants to draw on: a stream of Node that knows its size. */
class CanvasStream extends Writable {
  readonly isTTY = true;
  readonly #stream: TerminalStream;

  constructor(stream: TerminalStream) {
    super({ decodeStrings: false });
    this.#stream = stream;
  }

  get columns(): number {
    return this.#stream.columns;
  }

  get rows(): number {
    return this.#stream.rows;
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    this.#stream.write(text);
    done();
  }
}
