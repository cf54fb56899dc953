/** Something that torrents use together: opened for the first of them, closed after the last. */
export class SharedService<T> implements AsyncDisposable {
  readonly #open: () => Promise<T>;
  readonly #close: (service: T) => Promise<void>;
  #opened: Promise<T> | undefined;
  #userCount = 0;
  /** The end of what was closed: it is not opened again before. */
  #closing: Promise<void> = Promise.resolve();

  constructor(open: () => Promise<T>, close: (service: T) => Promise<void>) {
    this.#open = open;
    this.#close = close;
  }

  /** Opens it, if it is not open. Whoever calls this calls {@link release}, even if it rejects. */
  acquire(): Promise<T> {
    this.#userCount += 1;
    this.#opened ??= this.#closing.then(this.#open);
    return this.#opened;
  }

  async release(): Promise<void> {
    this.#userCount -= 1;
    if (this.#userCount === 0) await this.close();
  }

  /** Closes it, whoever uses it. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined) {
      this.#closing = opened.then(this.#close, () => {
        // It was never open: whoever wanted it knows.
      });
    }
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
