import type { Seeder } from '@millrace/interop/seeder';

const SAMPLE_MS = 10;

/** Measures from outside how long payload flowed: from the first byte of it that any seeder sent to the last of any. */
export class TransferClock implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #first = 0;
  #last = 0;
  #uploaded: number;

  /** Starts to watch. Seeders tell their count about every 50 ms, so the result is no finer than that. */
  static async watch(seeders: readonly Seeder[]): Promise<TransferClock> {
    return new TransferClock(seeders, await uploadedBytes(seeders));
  }

  private constructor(seeders: readonly Seeder[], uploaded: number) {
    this.#uploaded = uploaded;
    this.#timer = setInterval(() => {
      void uploadedBytes(seeders).then((bytes) => this.#note(bytes));
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

async function uploadedBytes(seeders: readonly Seeder[]): Promise<number> {
  const counts = await Promise.all(seeders.map((seeder) => seeder.uploadedBytes()));
  return counts.reduce((sum, count) => sum + count, 0);
}
