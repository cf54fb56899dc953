import type { BencodeNode } from '@millrace/bencode';

const COLON = 0x3a;
const ZERO = 0x30;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_I = 0x69;
const LETTER_L = 0x6c;
const MINUS = 0x2d;

/**
 * Steps through bencode that `scan` has found well-formed, and so checks nothing again. A node for each part of each
 * of a million files would cost many times what the files do.
 */
export class Cursor {
  readonly bytes: Uint8Array;
  /** Where the next value starts. */
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.bytes = bytes;
    this.offset = offset;
  }

  /** Kind of the next value; `undefined` at the end of a list or dictionary. */
  get kind(): BencodeNode['kind'] | undefined {
    const byte = this.bytes[this.offset];
    if (byte === LETTER_I) return 'int';
    if (byte === LETTER_L) return 'list';
    if (byte === LETTER_D) return 'dict';
    return byte === LETTER_E ? undefined : 'bytes';
  }

  /** Steps into a list or dictionary, or out of one that ends here. */
  step(): void {
    this.offset += 1;
  }

  /** Steps over a byte string and returns where its bytes start; they end where the next value starts. */
  skipBytes(): number {
    const { bytes } = this;
    let offset = this.offset;
    let length = 0;
    for (let byte = bytes[offset] ?? 0; byte !== COLON; byte = bytes[offset] ?? COLON) {
      length = length * 10 + (byte - ZERO);
      offset += 1;
    }
    this.offset = offset + 1 + length;
    return offset + 1;
  }

  /** Steps over a byte string and returns a view of it. */
  takeBytes(): Uint8Array {
    const start = this.skipBytes();
    return this.bytes.subarray(start, this.offset);
  }

  /** Steps over an integer and returns it; one past 2^53 is not exact, but still past 2^53. */
  takeInteger(): number {
    const { bytes } = this;
    const isNegative = bytes[this.offset + 1] === MINUS;
    let offset = this.offset + (isNegative ? 2 : 1);
    let magnitude = 0;
    for (let byte = bytes[offset] ?? 0; byte !== LETTER_E; byte = bytes[offset] ?? LETTER_E) {
      magnitude = magnitude * 10 + (byte - ZERO);
      offset += 1;
    }
    this.offset = offset + 1;
    return isNegative ? -magnitude : magnitude;
  }

  /** Steps over one value, whatever it contains. */
  skip(): void {
    let depth = 0;
    do {
      const { kind } = this;
      if (kind === 'int') {
        this.takeInteger();
      } else if (kind === 'bytes') {
        this.skipBytes();
      } else {
        depth += kind === undefined ? -1 : 1;
        this.step();
      }
    } while (depth > 0);
  }
}
