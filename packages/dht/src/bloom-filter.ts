import { digestSha1 } from '#sha1';

/** Bytes of a filter; a bit for each of 2,048 positions. */
export const FILTER_LENGTH = 256;
const BIT_COUNT = FILTER_LENGTH * 8;

/**
 * Counts addresses of peers without naming them, so that what several nodes counted can be added up without counting a
 * peer twice. Good for some thousands; past about 6,000 the estimate says little.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0033.html | BEP 33, bloom filters}
 */
export class BloomFilter {
  readonly #bits: Uint8Array<ArrayBuffer>;

  /** @param bytes The 256 bytes of another filter, which are copied. @throws {RangeError} if they are not 256. */
  constructor(bytes: Uint8Array = new Uint8Array(FILTER_LENGTH)) {
    if (bytes.length !== FILTER_LENGTH) {
      throw new RangeError(`Cannot make a filter of ${bytes.length} bytes: it must be ${FILTER_LENGTH}`);
    }
    this.#bits = Uint8Array.from(bytes);
  }

  /** The bits, as they go into a packet; a view. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bits;
  }

  /** Counts an address of 4 or 16 bytes. */
  insert(ip: Uint8Array): void {
    for (const position of positionsOf(ip)) {
      this.#bits[position >>> 3] = (this.#bits[position >>> 3] ?? 0) | (1 << (position & 7));
    }
  }

  /** Tells whether an address was counted; now and then it says so of one that was not. */
  has(ip: Uint8Array): boolean {
    return positionsOf(ip).every(
      (position) => ((this.#bits[position >>> 3] ?? 0) & (1 << (position & 7))) !== 0,
    );
  }

  /** Adds what another filter counted. */
  unite(other: BloomFilter): void {
    for (let at = 0; at < FILTER_LENGTH; at += 1)
      this.#bits[at] = (this.#bits[at] ?? 0) | (other.#bits[at] ?? 0);
  }

  /** Estimates how many addresses were counted. */
  estimate(): number {
    let zeros = BIT_COUNT;
    for (const byte of this.#bits) for (let rest = byte; rest !== 0; rest &= rest - 1) zeros -= 1;
    // The formula of the BEP makes half an address of none.
    if (zeros === BIT_COUNT) return 0;
    if (zeros === 0) return Number.POSITIVE_INFINITY;
    return Math.log(zeros / BIT_COUNT) / (2 * Math.log(1 - 1 / BIT_COUNT));
  }
}

function positionsOf(ip: Uint8Array): [number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = digestSha1(ip);
  return [(a | (b << 8)) % BIT_COUNT, (c | (d << 8)) % BIT_COUNT];
}
