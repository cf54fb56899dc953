import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';

/** How bytes travel between two ends in memory. */
export interface Link {
  /** Time from leaving one end to reaching the other, in milliseconds. @defaultValue 0 */
  readonly latencyMs?: number;
  /** Up to this much is added to the latency at random, in milliseconds; the order of bytes stays. @defaultValue 0 */
  readonly jitterMs?: number;
  /** What one direction carries. @defaultValue unlimited */
  readonly bytesPerSecond?: number;
  /** How many bytes arrive at a time: one number, or at random between two. @defaultValue 65_536 */
  readonly chunkLength?: number | { readonly min: number; readonly max: number };
  /** Bytes one end may have queued before `write` answers `false`. @defaultValue 65_536 */
  readonly highWaterMark?: number;
}

/** Where the bytes of a pipe come out, and what its writer is told. */
export interface PipeEnd {
  onChunk(chunk: Uint8Array): void;
  onDrained(): void;
  onEnd(): void;
}

/** One direction of a connection: views go in, and come out later, in order, cut as the link cuts. */
export class Pipe {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #link: Link;
  readonly #end: PipeEnd;
  #queue: Uint8Array[] = [];
  #queuedLength = 0;
  #takenLength = 0;
  /** Who waits for all bytes up to `at` to leave. */
  readonly #sent: { readonly at: number; readonly onSent: () => void }[] = [];
  #isSending = false;
  #mustDrain = false;
  #isEnding = false;
  #isCut = false;
  #isHeld = false;
  #lastArrivalMs = 0;

  constructor(clock: Clock, random: Random, link: Link, end: PipeEnd) {
    this.#clock = clock;
    this.#random = random;
    this.#link = link;
    this.#end = end;
  }

  /** Queues views without a copy: as with a socket, what they hold when they are sent is what arrives. */
  write(views: readonly Uint8Array[], onSent?: () => void): boolean {
    for (const view of views) {
      if (view.length === 0) continue;
      this.#queue.push(view);
      this.#queuedLength += view.length;
    }
    if (onSent !== undefined) this.#sent.push({ at: this.#takenLength + this.#queuedLength, onSent });
    this.#send();
    this.#mustDrain ||= this.#queuedLength > (this.#link.highWaterMark ?? 65_536);
    return !this.#mustDrain;
  }

  /** Lets what is queued arrive, as a system does with what was handed to it, and after it the end. */
  end(): void {
    if (!this.#isEnding) this.#queue = this.#queue.map((view) => view.slice()); // their owner may use them again
    this.#isEnding = true;
    if (this.#queuedLength === 0 && !this.#isCut) this.#arrive(() => this.#end.onEnd());
  }

  /** Sends nothing any more: the other end does not read. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Drops whatever is under way. */
  cut(): void {
    this.#isCut = true;
    this.#queue = [];
    this.#queuedLength = 0;
  }

  #send(): void {
    if (this.#isSending || this.#isHeld || this.#queuedLength === 0) return;
    this.#isSending = true;
    const length = Math.min(this.#chunkLength(), this.#queuedLength);
    const sendingMs = (length * 1000) / (this.#link.bytesPerSecond ?? Number.POSITIVE_INFINITY);
    this.#clock.setTimer(sendingMs, () => {
      this.#isSending = false;
      if (this.#isCut) return;
      const chunk = this.#take(length);
      this.#arrive(() => this.#deliver(chunk));
      if (this.#queuedLength > 0) this.#send();
      else if (this.#isEnding) this.end();
      this.#tellSent();
      if (this.#mustDrain && this.#queuedLength === 0) {
        this.#mustDrain = false;
        this.#end.onDrained();
      }
    });
  }

  #tellSent(): void {
    while ((this.#sent[0]?.at ?? Number.POSITIVE_INFINITY) <= this.#takenLength) {
      const first = this.#sent.shift();
      if (!this.#isEnding) first?.onSent();
    }
  }

  #deliver(chunk: Uint8Array): void {
    if (this.#isCut) return;
    this.#end.onChunk(chunk);
    // The port says that a chunk is valid during the call only: whoever keeps one finds this in it.
    chunk.fill(0xdd);
  }

  #arrive(callback: () => void): void {
    const { latencyMs = 0, jitterMs = 0 } = this.#link;
    const nowMs = this.#clock.now();
    const arrivalMs = Math.max(this.#lastArrivalMs, nowMs + latencyMs + jitterMs * this.#random());
    this.#lastArrivalMs = arrivalMs;
    this.#clock.setTimer(arrivalMs - nowMs, callback);
  }

  #take(length: number): Uint8Array {
    const chunk = new Uint8Array(length);
    let filled = 0;
    let taken = 0;
    while (filled < length) {
      const view = this.#queue[taken];
      if (view === undefined) break;
      const part = view.subarray(0, length - filled);
      chunk.set(part, filled);
      filled += part.length;
      if (part.length === view.length) taken += 1;
      else this.#queue[taken] = view.subarray(part.length);
    }
    this.#queue.splice(0, taken);
    this.#queuedLength -= length;
    this.#takenLength += length;
    return chunk;
  }

  #chunkLength(): number {
    const { chunkLength = 65_536 } = this.#link;
    if (typeof chunkLength === 'number') return chunkLength;
    return chunkLength.min + Math.floor(this.#random() * (chunkLength.max - chunkLength.min + 1));
  }
}
