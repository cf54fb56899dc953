/** Uniform numbers, at least 0 and below 1, the same ones for the same seed. */
export type Random = () => number;

/** Answers 32 random bits at a time, as unsigned integers. */
type Bits = () => number;

/** Generator sfc32: 128 bits of state, passes the usual test batteries, and costs a few additions a step. */
function seededBits(seed: number): Bits {
  let a = seed | 0;
  let b = 0x9e37_79b9 | 0;
  let c = 0x243f_6a88 | 0;
  let counter = 1;
  const next: Bits = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  // Nearby seeds start out alike; a dozen steps spread the difference over the whole state.
  for (let step = 0; step < 12; step += 1) next();
  return next;
}

/** Makes a generator whose numbers depend on nothing but `seed`. */
export function seededRandom(seed: number): Random {
  const bits = seededBits(seed);
  return () => bits() / 0x1_0000_0000;
}

/**
 * Fills `target` with bytes that no compressor shrinks. The bytes depend on nothing but `seed`; a shorter target
 * gets the beginning of what a longer one gets.
 */
export function fillRandom(target: Uint8Array, seed: number): void {
  const bits = seededBits(seed);
  const whole = target.length - (target.length % 4);
  // Word by word, twice as quick as by bytes: tests fill many megabytes.
  const words = new DataView(target.buffer, target.byteOffset, whole);
  for (let offset = 0; offset < whole; offset += 4) words.setUint32(offset, bits(), true);
  let word = bits();
  for (let offset = whole; offset < target.length; offset += 1) {
    target[offset] = word;
    word >>>= 8;
  }
}
