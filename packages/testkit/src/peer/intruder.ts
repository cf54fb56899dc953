import type { Clock, Timer } from '../clock.ts';
import type { Intrusion } from './behaviour.ts';

/** Sends the intrusions of one connection, each at its moment, one at a time. */
export class Intruder {
  readonly #waiting: Intrusion[];
  readonly #clock: Clock;
  readonly #write: (bytes: Uint8Array) => boolean;
  readonly #onIdle: () => void;
  #current: { readonly intrusion: Intrusion; timesLeft: number; sent: number } | undefined;
  #timer: Timer | undefined;

  /** @param onIdle told when the last intrusion that was due has been sent. */
  constructor(
    intrusions: readonly Intrusion[],
    clock: Clock,
    write: (bytes: Uint8Array) => boolean,
    onIdle: () => void,
  ) {
    this.#waiting = intrusions.toSorted((one, other) => (one.afterBlocks ?? 0) - (other.afterBlocks ?? 0));
    this.#clock = clock;
    this.#write = write;
    this.#onIdle = onIdle;
  }

  /** Whether something is being sent: honest messages have to wait, or they would end up inside it. */
  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** Begins whatever is due after so many blocks. Answers whether anything was. */
  start(blocksSent: number): boolean {
    if (this.#current !== undefined || !this.#takeDue(blocksSent)) return false;
    this.#run(blocksSent);
    return true;
  }

  /** Goes on after the stream was full. */
  onDrained(blocksSent: number): void {
    if (this.#timer === undefined) this.#run(blocksSent);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#waiting.length = 0;
    this.#current = undefined;
  }

  #takeDue(blocksSent: number): boolean {
    const [next] = this.#waiting;
    if (next === undefined || (next.afterBlocks ?? 0) > blocksSent) return false;
    this.#waiting.shift();
    this.#current = { intrusion: next, timesLeft: next.times ?? 1, sent: 0 };
    return true;
  }

  #run(blocksSent: number): void {
    while (this.#current !== undefined) {
      const { intrusion } = this.#current;
      if (intrusion.byteEveryMs !== undefined) return this.#drip(intrusion.byteEveryMs, blocksSent);
      const goOn = this.#write(intrusion.bytes);
      this.#current.timesLeft -= 1;
      if (this.#current.timesLeft <= 0) this.#finish(blocksSent);
      if (!goOn) return;
    }
  }

  #drip(everyMs: number, blocksSent: number): void {
    this.#timer = this.#clock.setTimer(everyMs, () => {
      const current = this.#current;
      if (current === undefined) return;
      this.#write(current.intrusion.bytes.subarray(current.sent, current.sent + 1));
      current.sent += 1;
      if (current.sent === current.intrusion.bytes.length) {
        current.sent = 0;
        current.timesLeft -= 1;
      }
      if (current.timesLeft > 0) return this.#drip(everyMs, blocksSent);
      this.#timer = undefined;
      this.#finish(blocksSent);
      this.#run(blocksSent);
    });
  }

  #finish(blocksSent: number): void {
    this.#current = undefined;
    if (!this.#takeDue(blocksSent)) this.#onIdle();
  }
}
