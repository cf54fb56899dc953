import { PeerWireError } from './error.ts';

/** Times of one connection, in milliseconds on one clock. */
export interface LivenessOptions {
  readonly nowMs: number;
  readonly handshakeTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly keepAliveMs?: number;
}

/** Knows when the remote has been silent for too long, and when we have. */
export class Liveness {
  readonly #handshakeTimeoutMs: number;
  readonly #idleTimeoutMs: number;
  readonly #keepAliveMs: number;
  #isOpen = false;
  #handshakeStartMs: number;
  /** When the remote last got something done: parts of a message are nothing yet, however often they come. */
  #lastReceivedMs: number;
  #lastSentMs: number;

  constructor(options: LivenessOptions) {
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? 10_000;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 120_000;
    this.#keepAliveMs = options.keepAliveMs ?? 90_000;
    this.#handshakeStartMs = options.nowMs;
    this.#lastReceivedMs = options.nowMs;
    this.#lastSentMs = options.nowMs;
  }

  get deadlineMs(): number {
    return this.#isOpen
      ? this.#lastReceivedMs + this.#idleTimeoutMs
      : this.#handshakeStartMs + this.#handshakeTimeoutMs;
  }

  /** The remote's handshake is complete. */
  opened(nowMs: number): void {
    this.#isOpen = true;
    this.#lastReceivedMs = nowMs;
  }

  received(nowMs: number): void {
    this.#lastReceivedMs = nowMs;
  }

  sent(nowMs: number): void {
    this.#lastSentMs = nowMs;
  }

  /** Begins the time allowed to the remote anew. */
  excuse(nowMs: number): void {
    this.#lastReceivedMs = nowMs;
    this.#handshakeStartMs = nowMs;
  }

  /**
   * Tells whether a keep-alive is due, if nothing else waits to be sent.
   *
   * @throws {PeerWireError} `TIMED_OUT` once past {@link deadlineMs}.
   */
  isKeepAliveDue(nowMs: number): boolean {
    if (nowMs >= this.deadlineMs) {
      const idleMs = nowMs - (this.#isOpen ? this.#lastReceivedMs : this.#handshakeStartMs);
      throw new PeerWireError({ code: 'TIMED_OUT', phase: this.#isOpen ? 'open' : 'handshaking', idleMs });
    }
    return this.#isOpen && nowMs - this.#lastSentMs >= this.#keepAliveMs;
  }
}
