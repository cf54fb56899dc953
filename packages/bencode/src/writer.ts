import { allocate } from '#allocate';
import { MAX_DIGITS } from './integer.ts';

const ZERO = 0x30;
const COLON = 0x3a;
const MINUS = 0x2d;
const LETTER_E = 0x65;
const LETTER_I = 0x69;

const INITIAL_LENGTH = 4096;
/** The scratch memory kept between calls is no larger than this. */
const MAX_SPARE_LENGTH = 65_536;
/** Byte strings from this length on are not put into scratch memory but copied once, into the result. */
const MIN_SPLICE_LENGTH = 4096;
/** Shorter byte strings are copied byte by byte, which beats the cost of calling `set`. */
const MAX_LOOP_LENGTH = 64;
/** Longer text goes through TextEncoder, whose call costs more than it saves on a few characters. */
const MAX_PLAIN_TEXT_LENGTH = 48;

const encoder = new TextEncoder();

/** Scratch memory of the last writer that finished. Taken, never shared: encoding may run within encoding. */
let spare: Uint8Array<ArrayBuffer> | undefined;

/** Collects encoded tokens: small ones as bytes in scratch memory, large byte strings by reference. */
export class Writer {
  #scratch: Uint8Array<ArrayBuffer>;
  #used = 0;
  readonly #spliced: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #splicedLength = 0;

  constructor() {
    this.#scratch = spare ?? new Uint8Array(INITIAL_LENGTH);
    spare = undefined;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#used + this.#splicedLength;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#scratch[this.#used++] = byte;
  }

  /** Writes `i…e`; `value` must be a safe integer. */
  integer(value: number): void {
    this.#reserve(MAX_DIGITS + 3);
    this.#scratch[this.#used++] = LETTER_I;
    if (value < 0) this.#scratch[this.#used++] = MINUS;
    this.#digits(Math.abs(value));
    this.#scratch[this.#used++] = LETTER_E;
  }

  /** Writes `i…e`; `value` must have at most {@link MAX_DIGITS} digits. */
  bigint(value: bigint): void {
    this.byte(LETTER_I);
    this.#units(value.toString());
    this.byte(LETTER_E);
  }

  bytes(bytes: Uint8Array): void {
    this.#prefix(bytes.length);
    this.splice(bytes);
  }

  /** Writes well-formed text as a byte string of its UTF-8. */
  text(text: string): void {
    if (text.length <= MAX_PLAIN_TEXT_LENGTH && this.#tryKey(text, 0x7f)) return;
    this.bytes(encoder.encode(text));
  }

  /** Writes a string of one unit per byte; `false` and nothing written if a unit is past 255. */
  key(key: string): boolean {
    return this.#tryKey(key, 0xff);
  }

  /** Writes bytes as they are. */
  splice(bytes: Uint8Array): void {
    if (bytes.length >= MIN_SPLICE_LENGTH) {
      this.#spliced.push({ at: this.#used, bytes });
      this.#splicedLength += bytes.length;
      return;
    }
    this.#reserve(bytes.length);
    if (bytes.length > MAX_LOOP_LENGTH) {
      this.#scratch.set(bytes, this.#used);
    } else {
      for (let index = 0; index < bytes.length; index += 1) this.#scratch[this.#used + index] = bytes[index]!;
    }
    this.#used += bytes.length;
  }

  /** Copies everything written to `target` from `offset` on; there must be room. */
  copyTo(target: Uint8Array, offset: number): void {
    let from = 0;
    let to = offset;
    for (const { at, bytes } of this.#spliced) {
      target.set(this.#scratch.subarray(from, at), to);
      to += at - from;
      from = at;
      target.set(bytes, to);
      to += bytes.length;
    }
    target.set(this.#scratch.subarray(from, this.#used), to);
  }

  /** Returns everything written in a new array of exactly that length. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#spliced.length === 0) return this.#scratch.slice(0, this.#used);
    const result = allocate(this.length);
    this.copyTo(result, 0);
    return result;
  }

  /** Gives the scratch memory back; the writer must not be used afterwards. */
  release(): void {
    if (this.#scratch.length <= MAX_SPARE_LENGTH) spare = this.#scratch;
  }

  #tryKey(key: string, maxUnit: number): boolean {
    const start = this.#used;
    this.#prefix(key.length);
    if (this.#units(key, maxUnit)) return true;
    this.#used = start;
    return false;
  }

  #prefix(length: number): void {
    this.#reserve(MAX_DIGITS + 1);
    this.#digits(length);
    this.#scratch[this.#used++] = COLON;
  }

  #units(text: string, maxUnit = 0xff): boolean {
    this.#reserve(text.length);
    const scratch = this.#scratch;
    let to = this.#used;
    for (let from = 0; from < text.length; from += 1) {
      const unit = text.charCodeAt(from);
      if (unit > maxUnit) return false;
      scratch[to++] = unit;
    }
    this.#used = to;
    return true;
  }

  #digits(value: number): void {
    let count = 1;
    for (let bound = 10; value >= bound; bound *= 10) count += 1;
    let rest = value;
    for (let at = this.#used + count - 1; at >= this.#used; at -= 1) {
      const quotient = Math.floor(rest / 10);
      this.#scratch[at] = ZERO + (rest - quotient * 10);
      rest = quotient;
    }
    this.#used += count;
  }

  #reserve(count: number): void {
    const needed = this.#used + count;
    if (needed <= this.#scratch.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#scratch.length * 2));
    larger.set(this.#scratch.subarray(0, this.#used));
    this.#scratch = larger;
  }
}
