import type { Bitfield } from '@millrace/peer-wire';
import { RarityOrder } from './rarity-order.ts';

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
  /** Counted once for all pieces, because it had them all when it came, and lost none. */
  isSeeder: boolean;
  /** Nothing that it has is missing: not looked for again until something it has is. */
  isExhausted: boolean;
}

/** A bitfield with more than one piece in so many is taken in as a whole. */
const FEW = 32;

/**
 * Chooses which piece to fetch next: rarest first, ties broken at random.
 *
 * A piece is unwanted, missing, reserved or had, never two. The missing ones are those in `#missing`.
 */
export class PiecePicker {
  readonly #states: Uint8Array;
  /** Seeders are not counted in its availabilities. */
  readonly #missing: RarityOrder;
  readonly #peers = new Map<PeerKey, PickerPeer>();
  #reservedCount = 0;

  constructor(pieceCount: number, options: PiecePickerOptions) {
    this.#states = new Uint8Array(pieceCount);
    this.#missing = new RarityOrder(pieceCount, options.random);
    if (options.wanted === undefined) this.#states.fill(MISSING);
    else for (const piece of options.wanted) this.#states[piece] = MISSING;
    for (let piece = 0; piece < pieceCount; piece += 1) {
      if (this.#states[piece] === MISSING) this.#missing.add(piece);
    }
  }

  /** Wanted pieces that no one is fetching. */
  get missingCount(): number {
    return this.#missing.length;
  }

  /** Wanted pieces that are not had yet. */
  get leftCount(): number {
    return this.#missing.length + this.#reservedCount;
  }

  /** Tells whether the piece is still to be fetched, by anyone. */
  isLeft(piece: number): boolean {
    return this.#states[piece] === MISSING || this.#states[piece] === RESERVED;
  }

  /**
   * Counts a peer's pieces. `have` is looked at again later, and must not be changed but with {@link peerHas} or
   * {@link peerLost} after it.
   *
   * @returns How many of them are still to be fetched, by anyone.
   */
  addPeer(peer: PeerKey, have: Bitfield): number {
    this.#peers.set(peer, { have, isSeeder: have.isFull, isExhausted: false });
    return have.isFull ? this.leftCount : this.#count(have, 1);
  }

  /** Whether a peer's pieces are counted. */
  knows(peer: PeerKey): boolean {
    return this.#peers.has(peer);
  }

  /** Counts one more piece of a peer, after its `have` has it. */
  peerHas(peer: PeerKey, piece: number): void {
    const entry = this.#peers.get(peer);
    if (entry === undefined || entry.isSeeder) return;
    entry.isExhausted = false;
    this.#missing.more(piece);
  }

  /** Counts one piece of a peer less, after its `have` lost it. */
  peerLost(peer: PeerKey, piece: number): void {
    const entry = this.#peers.get(peer);
    if (entry === undefined) return;
    if (!entry.isSeeder) {
      this.#missing.less(piece);
      return;
    }
    entry.isSeeder = false;
    this.#count(entry.have, 1);
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
    if (piece !== undefined) this.reserve(piece);
    return piece;
  }

  /** Reserves a piece if it is missing. Answers whether it was. */
  reserve(piece: number): boolean {
    if (this.#states[piece] !== MISSING) return false;
    this.#missing.delete(piece);
    this.#states[piece] = RESERVED;
    this.#reservedCount += 1;
    return true;
  }

  /** Tells whether there is a missing piece that the peer has. */
  offers(peer: PeerKey): boolean {
    return this.#rarest(peer) !== undefined;
  }

  /** Makes a reserved piece missing again. */
  release(piece: number): void {
    if (this.#states[piece] !== RESERVED) return;
    this.#reservedCount -= 1;
    this.#missing.add(piece);
    this.#states[piece] = MISSING;
    for (const entry of this.#peers.values())
      if (entry.isExhausted) entry.isExhausted = !entry.have.has(piece);
  }

  /** Takes a piece out of the game: it is there and verified. */
  complete(piece: number): void {
    if (this.#states[piece] === MISSING) this.#missing.delete(piece);
    if (this.#states[piece] === RESERVED) this.#reservedCount -= 1;
    this.#states[piece] = HAVE;
  }

  #rarest(peer: PeerKey): number | undefined {
    const entry = this.#peers.get(peer);
    if (entry === undefined || entry.isExhausted) return undefined;
    const piece = this.#missing.rarest(entry.have, !entry.isSeeder);
    entry.isExhausted = piece === undefined;
    return piece;
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
        if (isMany) this.#missing.count(piece, by);
        else if (by > 0) this.#missing.more(piece);
        else this.#missing.less(piece);
      }
    }
    if (isMany) this.#missing.sort();
    return leftCount;
  }
}
