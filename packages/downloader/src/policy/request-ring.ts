/** Piece index that stands for a hole. */
const HOLE = -1;

/**
 * Requests in the order they were sent: piece index, block number, time. Answers that come out of order leave holes, which
 * are closed when the ring is full. No memory is taken but when it grows.
 */
export class RequestRing {
  #indexes: Int32Array;
  #blocks: Int32Array;
  #sentMs: Float64Array;
  #mask: number;
  #head = 0;
  #tail = 0;
  #length = 0;

  /** @param capacity - Requests it holds; with holes among them, twice as many places. */
  constructor(capacity: number) {
    const places = placesFor(capacity);
    this.#indexes = new Int32Array(places);
    this.#blocks = new Int32Array(places);
    this.#sentMs = new Float64Array(places);
    this.#mask = places - 1;
  }

  get length(): number {
    return this.#length;
  }

  /** When the oldest was sent, in milliseconds; `undefined` if there is none. */
  get oldestSentMs(): number | undefined {
    return this.#length === 0 ? undefined : this.#sentMs[this.#head & this.#mask];
  }

  push(index: number, block: number, nowMs: number): void {
    if (this.#tail - this.#head > this.#mask) this.#compact();
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

  /** Makes room for more requests. */
  grow(capacity: number): void {
    const places = placesFor(capacity);
    if (places <= this.#mask + 1) return;
    const larger = new RequestRing(capacity);
    for (let at = this.#head; at < this.#tail; at += 1) {
      const slot = at & this.#mask;
      const index = this.#indexes[slot] ?? HOLE;
      if (index !== HOLE) larger.push(index, this.#blocks[slot] ?? 0, this.#sentMs[slot] ?? 0);
    }
    this.#indexes = larger.#indexes;
    this.#blocks = larger.#blocks;
    this.#sentMs = larger.#sentMs;
    this.#mask = larger.#mask;
    this.#head = larger.#head;
    this.#tail = larger.#tail;
  }

  #compact(): void {
    let to = this.#head;
    for (let at = this.#head; at < this.#tail; at += 1) {
      const from = at & this.#mask;
      if (this.#indexes[from] === HOLE) continue;
      this.#indexes[to & this.#mask] = this.#indexes[from] ?? HOLE;
      this.#blocks[to & this.#mask] = this.#blocks[from] ?? 0;
      this.#sentMs[to & this.#mask] = this.#sentMs[from] ?? 0;
      to += 1;
    }
    this.#tail = to;
  }
}

function placesFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(capacity, 1) * 2));
}
