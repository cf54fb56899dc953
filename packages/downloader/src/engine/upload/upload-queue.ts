/** Numbers kept of one request. */
const FIELDS = 3;

/**
 * Requests of one peer that wait for an answer, in the order in which they came. One taken back leaves a gap,
 * which is skipped. Nothing is allocated per request.
 */
export class UploadQueue {
  readonly #capacity: number;
  #slots = new Uint32Array(0);
  #head = 0;
  /** Slots in use, gaps among them. */
  #span = 0;
  #length = 0;

  /** @param capacity - Requests kept at the most. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a request of at least one byte. Answers whether there was room. */
  push(index: number, begin: number, length: number): boolean {
    if (this.#span === this.#capacity) this.#close();
    if (this.#span === this.#capacity) return false;
    if (this.#slots.length === 0) this.#slots = new Uint32Array(FIELDS * this.#capacity);
    const at = this.#at(this.#span);
    this.#slots[at] = index;
    this.#slots[at + 1] = begin;
    this.#slots[at + 2] = length;
    this.#span += 1;
    this.#length += 1;
    return true;
  }

  /** Takes a request back. Answers whether it was there. */
  remove(index: number, begin: number, length: number): boolean {
    const at = this.#find(index, begin, length);
    if (at < 0) return false;
    this.#slots[at + 2] = 0;
    this.#length -= 1;
    return true;
  }

  /** The first request's piece; only if there is one. */
  get index(): number {
    return this.#field(0);
  }

  get begin(): number {
    return this.#field(1);
  }

  get blockLength(): number {
    return this.#field(2);
  }

  /** How many requests at the head are for blocks of the same length that follow each other; `most` at the most. */
  runLength(most: number): number {
    const { index, begin, blockLength } = this;
    let count = 0;
    while (count < most && count < this.#span) {
      const at = this.#at(count);
      const isNext =
        this.#slots[at] === index &&
        this.#slots[at + 1] === begin + count * blockLength &&
        this.#slots[at + 2] === blockLength;
      if (!isNext) break;
      count += 1;
    }
    return count;
  }

  /** Removes the first request. */
  shift(): void {
    this.#skipGaps();
    if (this.#span === 0) return;
    this.#slots[this.#at(0) + 2] = 0;
    this.#length -= 1;
    this.#skipGaps();
  }

  /** Removes the requests for which `isOver` answers yes. */
  removeIf(isOver: (index: number, begin: number, length: number) => boolean): void {
    for (let offset = 0; offset < this.#span; offset += 1) {
      const at = this.#at(offset);
      const [index = 0, begin = 0, length = 0] = this.#slots.subarray(at, at + FIELDS);
      if (length === 0 || !isOver(index, begin, length)) continue;
      this.#slots[at + 2] = 0;
      this.#length -= 1;
    }
    this.#skipGaps();
  }

  #field(field: number): number {
    this.#skipGaps();
    return this.#slots[this.#at(0) + field] ?? 0;
  }

  #find(index: number, begin: number, length: number): number {
    for (let offset = 0; offset < this.#span; offset += 1) {
      const at = this.#at(offset);
      const slots = this.#slots;
      if (slots[at] === index && slots[at + 1] === begin && slots[at + 2] === length) return at;
    }
    return -1;
  }

  #skipGaps(): void {
    while (this.#span > 0 && this.#slots[this.#at(0) + 2] === 0) {
      this.#head = (this.#head + 1) % this.#capacity;
      this.#span -= 1;
    }
    if (this.#length === 0) this.#span = 0;
  }

  /** Moves everything together, so that gaps take no room. */
  #close(): void {
    if (this.#length === this.#span) return;
    const kept = new Uint32Array(FIELDS * this.#capacity);
    let count = 0;
    for (let offset = 0; offset < this.#span; offset += 1) {
      const at = this.#at(offset);
      if (this.#slots[at + 2] === 0) continue;
      kept.set(this.#slots.subarray(at, at + FIELDS), FIELDS * count);
      count += 1;
    }
    this.#slots = kept;
    this.#head = 0;
    this.#span = count;
  }

  #at(offset: number): number {
    return FIELDS * ((this.#head + offset) % this.#capacity);
  }
}
