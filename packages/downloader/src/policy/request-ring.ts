/** Piece index that stands for a hole. */
const HOLE = -1;
/** A power of two, as is every number of places. */
const FIRST_PLACES = 32;

/**
 * Requests in the order they were sent: piece index, block number, time. Answers that come out of order leave holes, which
 * are closed when the ring is full. It grows when half of its places are taken then: most peers need the first few.
 */
export class RequestRing {
  #indexes = new Int32Array(FIRST_PLACES);
  #blocks = new Int32Array(FIRST_PLACES);
  #sentMs = new Float64Array(FIRST_PLACES);
  #mask = FIRST_PLACES - 1;
  #head = 0;
  #tail = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** When the oldest was sent, in milliseconds; `undefined` if there is none. */
  get oldestSentMs(): number | undefined {
    return this.#length === 0 ? undefined : this.#sentMs[this.#head & this.#mask];
  }

  push(index: number, block: number, nowMs: number): void {
    if (this.#tail - this.#head > this.#mask) this.#makeRoom();
    const at = this.#tail & this.#mask;
    this.#indexes[at] = index;
    this.#blocks[at] = block;
    this.#sentMs[at] = nowMs;
    this.#tail += 1;
    this.#length += 1;
  }

  /** Returns where a request is, -1 if it is not. */
  find(index: number, block: number): number {
    for (let at = this.#head; at < this.#tail; at += 1) {
      const slot = at & this.#mask;
      if (this.#indexes[slot] === index && this.#blocks[slot] === block) return at;
    }
    return -1;
  }

  /** When the request at a place was sent, in milliseconds. */
  sentMs(at: number): number {
    return this.#sentMs[at & this.#mask] ?? 0;
  }

  /** Takes out the request at a place. */
  drop(at: number): void {
    this.#indexes[at & this.#mask] = HOLE;
    this.#length -= 1;
    while (this.#head < this.#tail && this.#indexes[this.#head & this.#mask] === HOLE) this.#head += 1;
  }

  /** Takes out every request, oldest first, telling each. */
  clear(each: (index: number, block: number) => void): void {
    for (; this.#head < this.#tail; this.#head += 1) {
      const at = this.#head & this.#mask;
      const index = this.#indexes[at] ?? HOLE;
      if (index !== HOLE) each(index, this.#blocks[at] ?? 0);
    }
    this.#length = 0;
  }

  /** Closes the holes; where they are few, there are twice as many places afterwards. */
  #makeRoom(): void {
    const places = this.#mask + 1;
    const isGrowing = this.#length > places / 2;
    const mask = isGrowing ? 2 * places - 1 : this.#mask;
    const indexes = isGrowing ? new Int32Array(2 * places) : this.#indexes;
    const blocks = isGrowing ? new Int32Array(2 * places) : this.#blocks;
    const sentMs = isGrowing ? new Float64Array(2 * places) : this.#sentMs;
    let to = this.#head;
    for (let at = this.#head; at < this.#tail; at += 1) {
      const from = at & this.#mask;
      if (this.#indexes[from] === HOLE) continue;
      indexes[to & mask] = this.#indexes[from] ?? HOLE;
      blocks[to & mask] = this.#blocks[from] ?? 0;
      sentMs[to & mask] = this.#sentMs[from] ?? 0;
      to += 1;
    }
    this.#tail = to;
    this.#indexes = indexes;
    this.#blocks = blocks;
    this.#sentMs = sentMs;
    this.#mask = mask;
  }
}
