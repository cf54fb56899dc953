import { TokenBucket } from './token-bucket.ts';
import { TurnQueue, type Taker } from './turn-queue.ts';

export interface RateLimiterOptions {
  /** Payload bytes a second, more than 0. @defaultValue no limit */
  readonly bytesPerSecond?: number | undefined;
  /** A limit that holds as well: the one of all torrents, where this is one torrent's. @defaultValue none */
  readonly parent?: RateLimiter | undefined;
  /**
   * Someone waits, and no one did before, in this limiter or one below: {@link RateLimiter.serve} is to be called in a
   * few milliseconds, not at once. Not for one that has a parent.
   */
  readonly onWaiting?: (() => void) | undefined;
}

/**
 * Limits how many bytes many peers together move in a second. Over ten seconds it is right to 5 %, from 64 KiB a second
 * on; below that, to a block or two. After a pause, no more than a block and a quarter of a second's worth go at once.
 * Each peer has a {@link RateShare}.
 * Those that wait take turns, with the same number of bytes in each, in one queue for a limiter and all below it. Make
 * one tree of limiters for each direction.
 *
 * - Sending: `take` before a block is written. If it answers no, leave the block in the peer's queue; `onTurn` follows.
 * - Receiving: `take` before a block is *requested*; `giveBack` what will not come after all: the peer choked us,
 *   rejected it or left, we cancelled it, there was nothing to ask for, or the block is shorter. What is asked for is
 *   then what comes. To read more slowly instead would limit what we count, while peers fill the kernel's buffers, and
 *   the link before them, with what they were asked for.
 *
 * It has no clock: whoever makes the topmost limiter calls {@link serve} when `onWaiting` wants it to, and then after
 * as long as `serve` says. Without a limit, `take` costs two comparisons and needs none of this.
 */
export class RateLimiter {
  readonly #buckets: readonly TokenBucket[];
  readonly #bucket: TokenBucket;
  readonly #queue: TurnQueue;

  /** @throws {RangeError} if the rate is not more than 0. */
  constructor({ bytesPerSecond = Infinity, parent, onWaiting }: RateLimiterOptions = {}) {
    this.#bucket = new TokenBucket(bytesPerSecond);
    this.#buckets = parent === undefined ? [this.#bucket] : [this.#bucket, ...parent.#buckets];
    this.#queue = parent === undefined ? new TurnQueue(onWaiting) : parent.#queue;
  }

  /** What this limiter allows; infinite if it has no limit of its own. */
  get bytesPerSecond(): number {
    return this.#bucket.bytesPerSecond;
  }

  /** The least of what this limiter and those above it allow; infinite if none has a limit. */
  get leastBytesPerSecond(): number {
    let least = Infinity;
    for (const { bytesPerSecond } of this.#buckets) least = Math.min(least, bytesPerSecond);
    return least;
  }

  /** How many wait, in this limiter and all that have the same topmost one. */
  get waitingCount(): number {
    return this.#queue.length;
  }

  /**
   * Changes the limit from now on. Call {@link serve} after it, so that no one waits for as long as the old one said.
   *
   * @param bytesPerSecond - Infinite for no limit.
   * @throws {RangeError} if it is not more than 0.
   */
  setRate(bytesPerSecond: number, nowMs: number): void {
    this.#bucket.setRate(bytesPerSecond, nowMs);
  }

  /**
   * Makes the share of one peer; {@link RateShare.leave} ends it.
   *
   * @param onTurn - It is this peer's turn. It takes what it needs before it returns, once or several times, until
   *   `take` answers no (then it waits again) or it needs no more.
   */
  share(onTurn: (nowMs: number) => void): RateShare {
    return new RateShare(this.#buckets, this.#queue, onTurn);
  }

  /**
   * Gives turns to those who wait, in this limiter and all that have the same topmost one.
   *
   * @returns Time after which to call it again, in milliseconds; infinite if no one waits. It may be shorter than is
   *   worth a timer: up to 50 ms more cost no accuracy.
   */
  serve(nowMs: number): number {
    return this.#queue.serve(nowMs);
  }
}

/** One peer's part in a {@link RateLimiter}. */
export class RateShare {
  readonly #taker: Taker;
  readonly #queue: TurnQueue;

  /** Not called from outside: {@link RateLimiter.share} makes it. */
  constructor(buckets: readonly TokenBucket[], queue: TurnQueue, onTurn: (nowMs: number) => void) {
    this.#taker = { buckets, onTurn, wantedLength: 0, credit: 0 };
    this.#queue = queue;
  }

  /** Whether no limit holds now: `take` would answer yes to anything. */
  get isUnlimited(): boolean {
    const { buckets } = this.#taker;
    // Asked for every block: `for … of` would make an iterator.
    for (let at = 0; at < buckets.length; at += 1) if (buckets[at]?.bytesPerSecond !== Infinity) return false;
    return true;
  }

  /** Whether it waits for its turn. */
  get isWaiting(): boolean {
    return this.#taker.wantedLength > 0;
  }

  /**
   * Takes so many bytes, or none. If it answers no, `onTurn` will come; asking again before makes no difference, and
   * what was asked for last counts.
   */
  take(length: number, nowMs: number): boolean {
    return this.isUnlimited || length === 0 || this.#queue.take(this.#taker, length, nowMs);
  }

  /** Gives bytes back that were taken and did not move. */
  giveBack(length: number): void {
    const { buckets } = this.#taker;
    for (let at = 0; at < buckets.length; at += 1) buckets[at]?.giveBack(length);
  }

  /** Waits no longer: there is nothing to move any more, or the peer left. It may `take` again later. */
  leave(): void {
    this.#queue.leave(this.#taker);
  }
}
