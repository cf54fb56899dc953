import { PeerWireError } from './error.ts';

/** Counts the messages of each second that bring nothing, and refuses too many. */
export class FloodGuard {
  readonly #perSecond: number;
  #secondStartMs: number;
  #count = 0;
  /** Requests made and not yet rejected: so many rejects are no flood. */
  #rejectable = 0;
  /** Requests that the remote made while it might, and has not taken back. */
  #cancellable = 0;

  constructor(nowMs: number, perSecond = 2_000) {
    this.#secondStartMs = nowMs;
    this.#perSecond = perSecond;
  }

  /** Begins a new second when the last is over. */
  advance(nowMs: number): void {
    if (nowMs - this.#secondStartMs < 1_000) return;
    this.#secondStartMs = nowMs;
    this.#count = 0;
  }

  /** @throws {PeerWireError} `MESSAGE_FLOOD` */
  count(): void {
    this.#count += 1;
    if (this.#count > this.#perSecond) {
      throw new PeerWireError({ code: 'MESSAGE_FLOOD', perSecond: this.#perSecond });
    }
  }

  /** A request was made: it may be rejected. */
  requested(): void {
    this.#rejectable += 1;
  }

  /** Counts a reject unless a request was made for it. @throws {PeerWireError} `MESSAGE_FLOOD` */
  countReject(): void {
    if (this.#rejectable > 0) this.#rejectable -= 1;
    else this.count();
  }

  /** The remote made a request, which it may: it may take it back. */
  wasAsked(): void {
    this.#cancellable += 1;
  }

  /** Counts a cancel unless a request was made for it. @throws {PeerWireError} `MESSAGE_FLOOD` */
  countCancel(): void {
    if (this.#cancellable > 0) this.#cancellable -= 1;
    else this.count();
  }
}
