import { BLOCK_LENGTH } from '@millrace/metainfo';
import type { TokenBucket } from './token-bucket.ts';

/** Bytes that may be moved in one turn; who needs more saves up. */
const QUANTUM = BLOCK_LENGTH;

/** Someone who takes from buckets, and may have to wait. */
export interface Taker {
  /** All of them must have what it takes. The last one is the same for everyone in a queue. */
  readonly buckets: readonly TokenBucket[];
  readonly onTurn: (nowMs: number) => void;
  /** What it waits for; 0 if it does not wait. */
  wantedLength: number;
  /** Bytes it may still move in its turn. */
  credit: number;
}

/**
 * Gives turns to those who wait: as many bytes in each, however long what they want is. Who waits is in `#waiting` and
 * has a `wantedLength`, both or neither.
 */
export class TurnQueue {
  /** In the order of their turns. */
  readonly #waiting = new Set<Taker>();
  /** Buckets that had too little left for someone while serving: what comes into them is for that one first. */
  readonly #exhausted = new Set<TokenBucket>();
  readonly #onWaiting: (() => void) | undefined;
  #turn: Taker | undefined;

  /** @param onWaiting - Someone waits, and no one did before. */
  constructor(onWaiting?: () => void) {
    this.#onWaiting = onWaiting;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** Takes bytes if it may now; if not, it waits. */
  take(taker: Taker, length: number, nowMs: number): boolean {
    const isTurn = this.#turn === taker;
    const isFree = this.#turn === undefined && this.#waiting.size === 0;
    if (isTurn ? taker.credit >= length : isFree) {
      if (lackingOf(taker, length, nowMs) === undefined) {
        for (const bucket of taker.buckets) bucket.take(length);
        if (isTurn) taker.credit -= length;
        return true;
      }
    }
    taker.wantedLength = length;
    this.#waiting.add(taker);
    if (isFree) this.#onWaiting?.();
    return false;
  }

  /** It waits no longer. */
  leave(taker: Taker): void {
    taker.wantedLength = 0;
    taker.credit = 0;
    this.#waiting.delete(taker);
  }

  /**
   * Gives turns for as long as there is something to take.
   *
   * @returns Time until there is again, in milliseconds; infinite if no one waits.
   */
  serve(nowMs: number): number {
    if (this.#turn !== undefined) return 0; // in someone's turn: the others' are about to come
    this.#exhausted.clear();
    let nextMs = Infinity;
    // Who comes to the end again is met again.
    for (const taker of this.#waiting) {
      if (this.#isBehindOthers(taker)) continue;
      const lacking = lackingOf(taker, taker.wantedLength, nowMs) ?? this.#advance(taker, nowMs);
      if (lacking === undefined) continue;
      this.#exhausted.add(lacking);
      nextMs = Math.min(nextMs, lacking.waitMs(taker.wantedLength, nowMs));
      if (lacking === taker.buckets.at(-1)) break; // everyone's
    }
    return nextMs;
  }

  /** Gives one taker a turn, or a part of what it saves up for one. Answers the bucket that ended it early. */
  #advance(taker: Taker, nowMs: number): TokenBucket | undefined {
    if (taker.credit < taker.wantedLength) taker.credit += QUANTUM;
    if (taker.credit >= taker.wantedLength) {
      taker.wantedLength = 0;
      this.#turn = taker;
      try {
        taker.onTurn(nowMs);
      } finally {
        this.#turn = undefined;
      }
    }
    if (taker.wantedLength === 0) {
      this.leave(taker);
      return undefined;
    }
    const lacking =
      taker.credit < taker.wantedLength ? undefined : lackingOf(taker, taker.wantedLength, nowMs);
    if (lacking !== undefined) return lacking; // its turn goes on when there is more
    this.#waiting.delete(taker);
    this.#waiting.add(taker);
    return undefined;
  }

  #isBehindOthers({ buckets }: Taker): boolean {
    return this.#exhausted.size > 0 && buckets.some((bucket) => this.#exhausted.has(bucket));
  }
}

/** The first bucket that has too little. */
function lackingOf({ buckets }: Taker, length: number, nowMs: number): TokenBucket | undefined {
  for (const bucket of buckets) if (bucket.waitMs(length, nowMs) > 0) return bucket;
  return undefined;
}
