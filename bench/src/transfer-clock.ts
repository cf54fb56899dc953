import type { Seeder } from '@millrace/interop/seeder';

const SAMPLE_MS = 10;

/** Measures from outside how long payload flowed: from the seeder's first byte of it to its last. */
export class TransferClock implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #first = 0;
  #last = 0;
  #uploaded: number;

  /** Starts to watch. The seeder tells its count about every 50 ms, so the result is no finer than that. */
  static async watch(seeder: Seeder): Promise<TransferClock> {
    return new TransferClock(seeder, await seeder.uploadedBytes());
  }

  private constructor(seeder: Seeder, uploaded: number) {
    this.#uploaded = uploaded;
    this.#timer = setInterval(() => {
      void seeder.uploadedBytes().then((bytes) => this.#note(bytes));
    }, SAMPLE_MS);
  }

  /** Seconds; 0 if nothing was sent. */
  get seconds(): number {
    return (this.#last - this.#first) / 1000;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #note(bytes: number): void {
    if (bytes === this.#uploaded) return;
    const now = performance.now();
    if (this.#first === 0) this.#first = now;
    this.#last = now;
    this.#uploaded = bytes;
  }
}
