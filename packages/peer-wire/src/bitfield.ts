import { PeerWireError } from './error.ts';

/**
 * A set of piece indexes, one bit each, the first piece in the highest bit of the first byte.
 * Spare bits are never set, and `count` always equals the number of set bits.
 */
export class Bitfield {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #count = 0;

  /** How many pieces there are. */
  readonly size: number;

  /** @throws {RangeError} if `size` is not a whole number of at least 0. */
  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new RangeError(
        `Cannot make a bitfield of ${size} pieces: it must be a whole number of at least 0`,
      );
    }
    this.size = size;
    this.#bytes = new Uint8Array(Math.ceil(size / 8));
  }

  /**
   * Reads the payload of a `bitfield` message; `bytes` is copied.
   *
   * @throws {PeerWireError} `BITFIELD_LENGTH`, `BITFIELD_SPARE_BITS`
   * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, peer messages}
   */
  static decode(bytes: Uint8Array, size: number): Bitfield {
    const bitfield = new Bitfield(size);
    const expected = bitfield.#bytes.length;
    if (bytes.length !== expected) {
      throw new PeerWireError({ code: 'BITFIELD_LENGTH', length: bytes.length, expected });
    }
    const spareMask = size % 8 === 0 ? 0 : 0xff >> (size % 8);
    if (((bytes[expected - 1] ?? 0) & spareMask) !== 0) {
      throw new PeerWireError({ code: 'BITFIELD_SPARE_BITS', pieceCount: size });
    }
    bitfield.#merge(bytes);
    return bitfield;
  }

  /** How many pieces are in the set. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.size;
  }

  /** @throws {RangeError} if there is no such piece. */
  has(index: number): boolean {
    this.#check(index);
    return ((this.#bytes[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0;
  }

  /**
   * Adds a piece.
   *
   * @returns Whether it was missing before.
   * @throws {RangeError} if there is no such piece.
   */
  add(index: number): boolean {
    if (this.has(index)) return false;
    this.#bytes[index >>> 3] = (this.#bytes[index >>> 3] ?? 0) | (0x80 >>> (index & 7));
    this.#count += 1;
    return true;
  }

  /** Adds every piece of `other`. @throws {RangeError} if the sizes differ. */
  addAll(other: Bitfield): void {
    if (other.size !== this.size) {
      throw new RangeError(
        `Cannot merge bitfields of ${this.size} and ${other.size} pieces: sizes must be equal`,
      );
    }
    this.#merge(other.#bytes);
  }

  /** Adds every piece there is. */
  fill(): void {
    this.#bytes.fill(0xff);
    const last = this.#bytes.length - 1;
    if (this.size % 8 !== 0) this.#bytes[last] = 0xff & ~(0xff >> (this.size % 8));
    this.#count = this.size;
  }

  /**
   * Removes a piece.
   *
   * @returns Whether it was in the set.
   * @throws {RangeError} if there is no such piece.
   */
  delete(index: number): boolean {
    if (!this.has(index)) return false;
    this.#bytes[index >>> 3] = (this.#bytes[index >>> 3] ?? 0) & ~(0x80 >>> (index & 7));
    this.#count -= 1;
    return true;
  }

  /** Returns the payload of a `bitfield` message: a copy. */
  encode(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice();
  }

  /** Yields the pieces in the set, in rising order. */
  *[Symbol.iterator](): Generator<number, void, void> {
    for (let at = 0; at < this.#bytes.length; at += 1) {
      const byte = this.#bytes[at] ?? 0;
      if (byte === 0) continue;
      for (let bit = 0; bit < 8; bit += 1) if ((byte & (0x80 >>> bit)) !== 0) yield at * 8 + bit;
    }
  }

  #merge(bytes: Uint8Array): void {
    let count = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const merged = (this.#bytes[at] ?? 0) | (bytes[at] ?? 0);
      this.#bytes[at] = merged;
      count += bitCount(merged);
    }
    this.#count = count;
  }

  #check(index: number): void {
    if (!(index >= 0 && index < this.size) || !Number.isInteger(index)) {
      throw new RangeError(`Cannot use piece ${index}: it must be a whole number from 0 to ${this.size - 1}`);
    }
  }
}

function bitCount(byte: number): number {
  let bits = byte - ((byte >>> 1) & 0x55);
  bits = (bits & 0x33) + ((bits >>> 2) & 0x33);
  return (bits + (bits >>> 4)) & 0x0f;
}
