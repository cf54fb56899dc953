import type { Bitfield } from '@millrace/peer-wire';

/** Stands for the position of a piece that is not in the order. */
const ABSENT = 0xffff_ffff;

/**
 * Pieces sorted by how many peers have them. They stand in `#order`; `#ends[a]` is where those with availability `a` or
 * less end. So a `have` moves one piece by one swap, and a pick reads from the front: neither depends on how many pieces
 * there are. Among equals the order means nothing: chance comes in when one is picked.
 */
export class RarityOrder {
  readonly #random: () => number;
  /** Counted for every piece, in the order or not. */
  readonly #availability: Uint16Array;
  readonly #order: Uint32Array;
  readonly #positions: Uint32Array;
  #ends: number[] = [0];
  #length = 0;

  constructor(pieceCount: number, random: () => number) {
    this.#random = random;
    this.#availability = new Uint16Array(pieceCount);
    this.#order = new Uint32Array(pieceCount);
    this.#positions = new Uint32Array(pieceCount).fill(ABSENT);
  }

  /** How many pieces are in the order. */
  get length(): number {
    return this.#length;
  }

  /** Puts a piece in that is not in it. */
  add(piece: number): void {
    let position = this.#length;
    this.#order[position] = piece;
    this.#positions[piece] = position;
    this.#length += 1;
    const availability = this.#availability[piece] ?? 0;
    for (let level = this.#ends.length - 1; level > availability; level -= 1) {
      const start = this.#ends[level - 1] ?? 0;
      this.#ends[level] = (this.#ends[level] ?? 0) + 1;
      this.#swap(position, start);
      position = start;
    }
    this.#ends[availability] = (this.#ends[availability] ?? 0) + 1;
  }

  /** Takes a piece out that is in it. */
  delete(piece: number): void {
    let position = this.#positions[piece] ?? 0;
    for (let level = this.#availability[piece] ?? 0; level < this.#ends.length; level += 1) {
      const end = (this.#ends[level] ?? 0) - 1;
      this.#swap(position, end);
      position = end;
      this.#ends[level] = end;
    }
    this.#positions[piece] = ABSENT;
    this.#length -= 1;
  }

  /** Counts one more peer that has the piece. */
  more(piece: number): void {
    const from = this.#availability[piece] ?? 0;
    this.#availability[piece] = from + 1;
    while (this.#ends.length <= from + 1) this.#ends.push(this.#length);
    const position = this.#positions[piece] ?? ABSENT;
    if (position === ABSENT) return;
    const end = (this.#ends[from] ?? 0) - 1;
    this.#swap(position, end);
    this.#ends[from] = end;
  }

  /** Counts one peer less that has the piece. */
  less(piece: number): void {
    const from = this.#availability[piece] ?? 0;
    this.#availability[piece] = from - 1;
    const position = this.#positions[piece] ?? ABSENT;
    if (position === ABSENT) return;
    const start = this.#ends[from - 1] ?? 0;
    this.#swap(position, start);
    this.#ends[from - 1] = start + 1;
  }

  /** Counts without putting in order; {@link sort} is to follow. Quicker where there are many. */
  count(piece: number, by: 1 | -1): void {
    this.#availability[piece] = (this.#availability[piece] ?? 0) + by;
  }

  /** Puts all in order anew, by counting. */
  sort(): void {
    const ends: number[] = [0];
    const { length } = this.#positions;
    for (let piece = 0; piece < length; piece += 1) {
      const availability = this.#availability[piece] ?? 0;
      while (ends.length <= availability) ends.push(0);
      if (this.#positions[piece] !== ABSENT) ends[availability] = (ends[availability] ?? 0) + 1;
    }
    for (let level = 1; level < ends.length; level += 1)
      ends[level] = (ends[level] ?? 0) + (ends[level - 1] ?? 0);
    const next = ends.map((_, level) => ends[level - 1] ?? 0);
    for (let piece = 0; piece < length; piece += 1) {
      if (this.#positions[piece] === ABSENT) continue;
      const availability = this.#availability[piece] ?? 0;
      const position = next[availability] ?? 0;
      next[availability] = position + 1;
      this.#order[position] = piece;
      this.#positions[piece] = position;
    }
    this.#ends = ends;
  }

  /**
   * Returns the rarest piece of `have`, one of its equals by chance; `undefined` if none is in the order.
   *
   * @param isCounted - Whether `have` was counted piece by piece: what no one counted has, it does not have either.
   */
  rarest(have: Bitfield, isCounted: boolean): number | undefined {
    let at = isCounted ? (this.#ends[0] ?? 0) : 0;
    for (const end of this.#ends) {
      for (; at < end; at += 1) {
        // Draws among its equals that were not looked at yet.
        this.#swap(at, at + Math.floor(this.#random() * (end - at)));
        const piece = this.#order[at] ?? 0;
        if (have.has(piece)) return piece;
      }
    }
    return undefined;
  }

  #swap(a: number, b: number): void {
    const pieceA = this.#order[a] ?? 0;
    const pieceB = this.#order[b] ?? 0;
    this.#order[a] = pieceB;
    this.#order[b] = pieceA;
    this.#positions[pieceB] = a;
    this.#positions[pieceA] = b;
  }
}
