import type { BlockRange } from '@millrace/metainfo';
import type { Random } from '../random.ts';

interface Queued {
  readonly block: BlockRange;
  readonly readyMs: number;
}

/** The order in which requested blocks are sent. */
export type AnswerOrder = 'asked' | 'reversed' | 'random';

/** Blocks one peer has asked for and not yet been sent, oldest first. */
export class UploadQueue {
  readonly #order: AnswerOrder;
  readonly #latencyMs: number;
  readonly #random: Random;
  #queue: Queued[] = [];
  /** Everything before it has been taken: taking from the front must not move the rest. */
  #head = 0;

  constructor(order: AnswerOrder, latencyMs: number, random: Random) {
    this.#order = order;
    this.#latencyMs = latencyMs;
    this.#random = random;
  }

  get length(): number {
    return this.#queue.length - this.#head;
  }

  has(block: BlockRange): boolean {
    return this.#find(block) >= 0;
  }

  push(block: BlockRange, nowMs: number): void {
    this.#queue.push({ block, readyMs: nowMs + this.#latencyMs });
  }

  /** Takes the block to be sent next, `undefined` if none is ready yet. */
  take(nowMs: number): BlockRange | undefined {
    const first = this.#queue[this.#head];
    if (first === undefined || first.readyMs > nowMs) return undefined;
    if (this.#order === 'asked') {
      this.#head += 1;
      this.#compact();
      return first.block;
    }
    const readyCount = this.#readyCount(nowMs);
    const at =
      this.#head + (this.#order === 'reversed' ? readyCount - 1 : Math.floor(this.#random() * readyCount));
    return this.#queue.splice(at, 1)[0]?.block;
  }

  /** Milliseconds until the next block is ready, `undefined` if there is none. */
  waitMs(nowMs: number): number | undefined {
    const first = this.#queue[this.#head];
    return first === undefined ? undefined : Math.max(0, first.readyMs - nowMs);
  }

  /** Takes a block out, as a cancel asks for. Answers whether it was there. */
  remove(block: BlockRange): boolean {
    const at = this.#find(block);
    if (at < 0) return false;
    this.#queue.splice(at, 1);
    return true;
  }

  /** Takes out everything, oldest first. */
  clear(): readonly BlockRange[] {
    const blocks = this.#queue.slice(this.#head).map(({ block }) => block);
    this.#queue = [];
    this.#head = 0;
    return blocks;
  }

  #find(block: BlockRange): number {
    for (let at = this.#head; at < this.#queue.length; at += 1) {
      const queued = this.#queue[at]?.block;
      if (queued?.index === block.index && queued.begin === block.begin && queued.length === block.length)
        return at;
    }
    return -1;
  }

  #readyCount(nowMs: number): number {
    let end = this.#head;
    while ((this.#queue[end]?.readyMs ?? Number.POSITIVE_INFINITY) <= nowMs) end += 1;
    return end - this.#head;
  }

  #compact(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}
