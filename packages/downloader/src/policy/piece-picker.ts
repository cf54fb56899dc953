import type { Bitfield } from '@millrace/peer-wire';

/** Our number for a peer connection; never used again for another. */
export type PeerKey = number;

export interface PiecePickerOptions {
  /** A number from 0 up to 1, drawn for every choice between equals. */
  readonly random: () => number;
  /** The pieces to fetch. @defaultValue all */
  readonly wanted?: Iterable<number>;
}

/** States of a piece; 0 is unwanted. */
const MISSING = 1;
const RESERVED = 2;
const HAVE = 3;

interface PickerPeer {
  readonly have: Bitfield;
  /** Counted once for all pieces, because it had them all when it came. */
  readonly isSeeder: boolean;
  /** Nothing that it has is missing: not looked for again until something it has is. */
  isExhausted: boolean;
}

/** A bitfield with more than one piece in so many is taken in as a whole. */
const FEW = 32;

/**
 * Chooses which piece to fetch next: rarest first, ties broken at random.
 *
 * A piece is unwanted, missing, reserved or had, never two. The missing ones stand in `#order`, sorted by
 * availability; `#ends[a]` is where those with availability `a` or less end. So a `have` moves one piece by one
 * swap, and a pick reads from the front: neither depends on how many pieces there are. Among equals the order means
 * nothing: chance comes in when one is picked.
 */
export class PiecePicker {
  readonly #random: () => number;
  readonly #states: Uint8Array;
  /** Connected peers that have the piece, seeders left out. */
  readonly #availability: Uint16Array;
  readonly #order: Uint32Array;
  readonly #positions: Uint32Array;
  #ends: number[] = [0];
  readonly #peers = new Map<PeerKey, PickerPeer>();
  #missingCount = 0;
  #reservedCount = 0;

  constructor(pieceCount: number, options: PiecePickerOptions) {
    this.#random = options.random;
    this.#states = new Uint8Array(pieceCount);
    this.#availability = new Uint16Array(pieceCount);
    this.#order = new Uint32Array(pieceCount);
    this.#positions = new Uint32Array(pieceCount);
    if (options.wanted === undefined) this.#states.fill(MISSING);
    else for (const piece of options.wanted) this.#states[piece] = MISSING;
    for (let piece = 0; piece < pieceCount; piece += 1) {
      if (this.#states[piece] === MISSING) this.#append(piece);
    }
    this.#ends[0] = this.#missingCount;
  }

  /** Wanted pieces that no one is fetching. */
  get missingCount(): number {
    return this.#missingCount;
  }

  /** Wanted pieces that are not had yet. */
  get leftCount(): number {
    return this.#missingCount + this.#reservedCount;
  }

  /** Tells whether the piece is still to be fetched, by anyone. */
  isLeft(piece: number): boolean {
    return this.#states[piece] === MISSING || this.#states[piece] === RESERVED;
  }

  /**
   * Counts a peer's pieces. `have` is looked at again later, and must not be changed but through {@link peerHas}.
   *
   * @returns How many of them are still to be fetched, by anyone.
   */
  addPeer(peer: PeerKey, have: Bitfield): number {
    this.#peers.set(peer, { have, isSeeder: have.isFull, isExhausted: false });
    return have.isFull ? this.leftCount : this.#count(have, 1);
  }

  /** Counts one more piece of a peer, after its `have` has it. */
  peerHas(peer: PeerKey, piece: number): void {
    const entry = this.#peers.get(peer);
    if (entry === undefined || entry.isSeeder) return;
    entry.isExhausted = false;
    this.#moreAvailable(piece);
  }

  removePeer(peer: PeerKey): void {
    const entry = this.#peers.get(peer);
    if (entry === undefined) return;
    this.#peers.delete(peer);
    if (!entry.isSeeder) this.#count(entry.have, -1);
  }

  /** Reserves and returns the rarest missing piece that the peer has, or `undefined` if it has none. */
  pick(peer: PeerKey): number | undefined {
    const piece = this.#rarest(peer);
    if (piece === undefined) return undefined;
    this.#remove(piece);
    this.#states[piece] = RESERVED;
    this.#reservedCount += 1;
    return piece;
  }

  /** Tells whether there is a missing piece that the peer has. */
  offers(peer: PeerKey): boolean {
    return this.#rarest(peer) !== undefined;
  }

  /** Makes a reserved piece missing again. */
  release(piece: number): void {
    if (this.#states[piece] !== RESERVED) return;
    this.#reservedCount -= 1;
    this.#insert(piece);
    this.#states[piece] = MISSING;
    for (const entry of this.#peers.values())
      if (entry.isExhausted) entry.isExhausted = !entry.have.has(piece);
  }

  /** Takes a piece out of the game: it is there and verified. */
  complete(piece: number): void {
    if (this.#states[piece] === MISSING) this.#remove(piece);
    if (this.#states[piece] === RESERVED) this.#reservedCount -= 1;
    this.#states[piece] = HAVE;
  }

  #rarest(peer: PeerKey): number | undefined {
    const entry = this.#peers.get(peer);
    if (entry === undefined || entry.isExhausted) return undefined;
    // What no one counted has, this peer does not have either.
    let at = entry.isSeeder ? 0 : (this.#ends[0] ?? 0);
    for (const end of this.#ends) {
      for (; at < end; at += 1) {
        // Draws among its equals that were not looked at yet.
        this.#swap(at, at + Math.floor(this.#random() * (end - at)));
        const piece = this.#order[at] ?? 0;
        if (entry.have.has(piece)) return piece;
      }
    }
    entry.isExhausted = true;
    return undefined;
  }

  /** Makes every piece of a bitfield more or less available, and answers how many of them are still to be fetched. */
  #count(have: Bitfield, by: 1 | -1): number {
    const isMany = have.count * FEW > this.#states.length;
    const bytes = have.encode();
    let leftCount = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === 0) continue;
      for (let bit = 0; bit < 8; bit += 1) {
        if ((byte & (0x80 >>> bit)) === 0) continue;
        const piece = at * 8 + bit;
        if (this.isLeft(piece)) leftCount += 1;
        if (isMany) this.#availability[piece] = (this.#availability[piece] ?? 0) + by;
        else if (by > 0) this.#moreAvailable(piece);
        else this.#lessAvailable(piece);
      }
    }
    if (isMany) this.#sort();
    return leftCount;
  }

  /** Puts the missing pieces in order anew, by counting: quicker than many swaps. */
  #sort(): void {
    const ends: number[] = [0];
    const { length } = this.#states;
    for (let piece = 0; piece < length; piece += 1) {
      const availability = this.#availability[piece] ?? 0;
      while (ends.length <= availability) ends.push(0);
      if (this.#states[piece] === MISSING) ends[availability] = (ends[availability] ?? 0) + 1;
    }
    for (let level = 1; level < ends.length; level += 1)
      ends[level] = (ends[level] ?? 0) + (ends[level - 1] ?? 0);
    const next = ends.map((_, level) => ends[level - 1] ?? 0);
    for (let piece = 0; piece < length; piece += 1) {
      if (this.#states[piece] !== MISSING) continue;
      const availability = this.#availability[piece] ?? 0;
      const position = next[availability] ?? 0;
      next[availability] = position + 1;
      this.#order[position] = piece;
      this.#positions[piece] = position;
    }
    this.#ends = ends;
  }

  #moreAvailable(piece: number): void {
    const from = this.#availability[piece] ?? 0;
    this.#availability[piece] = from + 1;
    while (this.#ends.length <= from + 1) this.#ends.push(this.#missingCount);
    if (this.#states[piece] !== MISSING) return;
    const end = (this.#ends[from] ?? 0) - 1;
    this.#swap(this.#positions[piece] ?? 0, end);
    this.#ends[from] = end;
  }

  #lessAvailable(piece: number): void {
    const from = this.#availability[piece] ?? 0;
    this.#availability[piece] = from - 1;
    if (this.#states[piece] !== MISSING) return;
    const start = this.#ends[from - 1] ?? 0;
    this.#swap(this.#positions[piece] ?? 0, start);
    this.#ends[from - 1] = start + 1;
  }

  #remove(piece: number): void {
    let position = this.#positions[piece] ?? 0;
    for (let level = this.#availability[piece] ?? 0; level < this.#ends.length; level += 1) {
      const end = (this.#ends[level] ?? 0) - 1;
      this.#swap(position, end);
      position = end;
      this.#ends[level] = end;
    }
    this.#missingCount -= 1;
  }

  #insert(piece: number): void {
    let position = this.#append(piece);
    const availability = this.#availability[piece] ?? 0;
    for (let level = this.#ends.length - 1; level > availability; level -= 1) {
      const start = this.#ends[level - 1] ?? 0;
      this.#ends[level] = (this.#ends[level] ?? 0) + 1;
      this.#swap(position, start);
      position = start;
    }
    this.#ends[availability] = (this.#ends[availability] ?? 0) + 1;
  }

  #append(piece: number): number {
    const position = this.#missingCount;
    this.#order[position] = piece;
    this.#positions[piece] = position;
    this.#missingCount += 1;
    return position;
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
