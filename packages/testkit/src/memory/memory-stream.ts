import type { ByteStream, ByteStreamHandler } from '@millrace/peer-wire';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { Pipe, type Link } from './pipe.ts';

/** One end of a connection in memory; keeps the promises of the TCP adapter, in the clock's time. */
export class MemoryStream implements ByteStream {
  readonly #clock: Clock;
  readonly #handler: ByteStreamHandler;
  readonly #out: Pipe;
  #remote: MemoryStream | undefined;
  #isClosed = false;

  private constructor(clock: Clock, random: Random, link: Link, handler: ByteStreamHandler) {
    this.#clock = clock;
    this.#handler = handler;
    this.#out = new Pipe(clock, random, link, {
      onChunk: (chunk) => this.#remote?.receive(chunk),
      onDrained: () => {
        if (!this.#isClosed) handler.onDrained();
      },
      onEnd: () => this.#remote?.close(),
    });
  }

  /** Makes two ends that are connected with each other. */
  static pair(
    clock: Clock,
    random: Random,
    link: Link,
    handlers: readonly [ByteStreamHandler, ByteStreamHandler],
  ): readonly [MemoryStream, MemoryStream] {
    const one = new MemoryStream(clock, random, link, handlers[0]);
    const other = new MemoryStream(clock, random, link, handlers[1]);
    one.#remote = other;
    other.#remote = one;
    return [one, other];
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  receive(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#handler.onBytes(chunk);
    } catch (error) {
      this.close(error);
    }
  }

  write(views: readonly Uint8Array[], onSent?: () => void): boolean {
    return this.#isClosed ? false : this.#out.write(views, onSent);
  }

  /** Reads nothing any more; the other end's bytes stay where they are. */
  stopReading(): void {
    if (this.#remote !== undefined) this.#remote.#out.hold();
  }

  /** Ends both directions at once, with nothing left under way. */
  sever(reason: unknown): void {
    this.#out.cut();
    this.close(reason);
  }

  close(reason?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#out.end();
    this.#clock.setTimer(0, () => this.#handler.onClose(reason));
  }
}
