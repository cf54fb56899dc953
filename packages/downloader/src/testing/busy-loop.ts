import type { ByteStreamHandler } from '@millrace/peer-wire';
import type { ManualClock, MemoryNetwork } from '@millrace/testkit';
import type { Clock, Timer } from '../clock.ts';
import type { Dial } from '../engine/connector.ts';

type Task = () => void;

/**
 * An event loop that can be busy: meanwhile, timers do not fire and what arrives waits, as it does in the buffers of the
 * kernel. After that, in turns as in Node, timers that are late are done, and then all that has arrived by then.
 */
export class BusyLoop {
  /** The engine's time and timers. */
  readonly clock: Clock;
  /** The engine's way to its peers. */
  readonly dial: Dial;
  /** The most bytes that have waited at once. */
  peakWaitingLength = 0;
  readonly #clock: ManualClock;
  readonly #timers: Task[] = [];
  readonly #arrivals: Task[] = [];
  /** What is being done in this turn. */
  #turn: Task[] = [];
  #waitingLength = 0;
  #busyUntilMs = 0;
  #wakeTimer: Timer | undefined;
  #isHolding = false;

  constructor(network: MemoryNetwork<ManualClock>) {
    this.#clock = network.clock;
    this.clock = {
      now: () => this.#clock.now(),
      setTimer: (delayMs, callback) => this.#setTimer(delayMs, callback),
    };
    this.dial = (address, handler, options) => this.#dial(network, address, handler, options);
  }

  /** Is busy for so much longer, as of now or of the end of what it is busy with. */
  stall(ms: number): void {
    this.#busyUntilMs = Math.max(this.#busyUntilMs, this.#clock.now()) + ms;
    this.#wakeLater();
  }

  /** Lets everything that arrives wait until {@link release}; timers go on. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Everything that was held arrives, at one moment. */
  release(): void {
    this.#isHolding = false;
    this.#wakeLater();
  }

  get #isBusy(): boolean {
    return this.#clock.now() < this.#busyUntilMs;
  }

  #setTimer(delayMs: number, callback: Task): Timer {
    let isCancelled = false;
    const inner = this.#clock.setTimer(delayMs, () => {
      this.#do(this.#timers, () => {
        if (!isCancelled) callback();
      });
    });
    return {
      cancel: () => {
        isCancelled = true;
        inner.cancel();
      },
    };
  }

  async #dial(
    network: MemoryNetwork<ManualClock>,
    address: Parameters<Dial>[0],
    handler: ByteStreamHandler,
    options: Parameters<Dial>[2],
  ): ReturnType<Dial> {
    const stream = await network.connect(
      address,
      {
        onBytes: (chunk) => {
          // It is only valid during the call.
          const bytes = chunk.slice();
          this.#waitingLength += bytes.length;
          this.#do(this.#arrivals, () => {
            this.#waitingLength -= bytes.length;
            try {
              handler.onBytes(bytes);
            } catch (error) {
              stream.close(error); // as the TCP adapter does
            }
          });
          this.peakWaitingLength = Math.max(this.peakWaitingLength, this.#waitingLength);
        },
        onDrained: () => this.#do(this.#arrivals, () => handler.onDrained()),
        onClose: (reason) => this.#do(this.#arrivals, () => handler.onClose(reason)),
      },
      options,
    );
    return stream;
  }

  /** Does a task at once, or puts it behind those that wait. */
  #do(queue: Task[], task: Task): void {
    const mustWait = this.#turn.length > 0 || (queue === this.#arrivals && this.#isHolding);
    if (!this.#isBusy && !mustWait && queue.length === 0) task();
    else {
      queue.push(task);
      this.#wakeLater();
    }
  }

  #wakeLater(): void {
    this.#wakeTimer?.cancel();
    const delayMs = Math.max(0, this.#busyUntilMs - this.#clock.now());
    this.#wakeTimer = this.#clock.setTimer(delayMs, () => this.#wake());
  }

  /** Does one thing; between two of them, promises settle. */
  #wake(): void {
    if (this.#isBusy) return;
    if (this.#turn.length === 0) this.#turn = [...this.#timers.splice(0), ...this.#takeArrivals()];
    this.#turn.shift()?.();
    const hasMore = this.#timers.length > 0 || (this.#arrivals.length > 0 && !this.#isHolding);
    if (this.#turn.length > 0 || hasMore) this.#wakeLater();
  }

  #takeArrivals(): Task[] {
    return this.#isHolding ? [] : this.#arrivals.splice(0);
  }
}
