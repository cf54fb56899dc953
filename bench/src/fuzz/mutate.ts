/** Lengths, counts and numbers that parsers trip over. */
const ODD_NUMBERS = [
  '0',
  '00',
  '-0',
  '-1',
  '1e9',
  '255',
  '65536',
  '2147483648',
  '4294967296',
  '9007199254740993',
];
/** Longest input that is made. */
const MAX_LENGTH = 65_536;
const MAX_CHANGES = 8;

/** Numbers from 0 up to 1, always the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns one of the samples with a few things wrong with it; now and then bytes that never were any. */
export function mutate(samples: readonly Uint8Array[], random: () => number): Uint8Array {
  const upTo = (count: number): number => Math.floor(random() * count);
  const pick = (): Uint8Array => samples[upTo(samples.length)] ?? new Uint8Array();
  if (random() < 0.02) return Uint8Array.from({ length: upTo(200) }, () => upTo(256));
  let bytes: Uint8Array = new Uint8Array(pick());
  for (let change = upTo(MAX_CHANGES); change >= 0; change -= 1) bytes = changeOnce(bytes, upTo, pick);
  return bytes.length > MAX_LENGTH ? bytes.subarray(0, MAX_LENGTH) : bytes;
}

function changeOnce(bytes: Uint8Array, upTo: (count: number) => number, pick: () => Uint8Array): Uint8Array {
  const from = upTo(bytes.length + 1);
  const to = Math.min(bytes.length, from + upTo(32));
  switch (upTo(7)) {
    case 0: // a bit
      if (from < bytes.length) bytes[from] = (bytes[from] ?? 0) ^ (1 << upTo(8));
      return bytes;
    case 1: // a byte
      if (from < bytes.length) bytes[from] = upTo(256);
      return bytes;
    case 2: // the end
      return bytes.subarray(0, from);
    case 3: // something left out
      return join(bytes.subarray(0, from), bytes.subarray(to));
    case 4: // something twice, or a hundred times
      return join(
        bytes.subarray(0, from),
        ...Array.from({ length: upTo(10) === 0 ? 100 : 1 }, () => bytes.subarray(from, to)),
        bytes.subarray(from),
      );
    case 5: // another number
      return replaceNumber(bytes, from, ODD_NUMBERS[upTo(ODD_NUMBERS.length)] ?? '0');
    default: {
      // a part of another sample
      const other = pick();
      const start = upTo(other.length + 1);
      return join(bytes.subarray(0, from), other.subarray(start, start + upTo(64)), bytes.subarray(to));
    }
  }
}

/** Puts a number in the place of the first one at or after `from`. */
function replaceNumber(bytes: Uint8Array, from: number, text: string): Uint8Array {
  const start = bytes.findIndex((byte, at) => at >= from && isDigit(byte));
  if (start < 0) return bytes;
  const length = bytes.subarray(start).findIndex((byte) => !isDigit(byte));
  const end = length < 0 ? bytes.length : start + length;
  return join(bytes.subarray(0, start), new TextEncoder().encode(text), bytes.subarray(end));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
