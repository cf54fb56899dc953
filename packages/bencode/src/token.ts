export const ZERO = 0x30;
export const COLON = 0x3a;
export const MINUS = 0x2d;
export const LETTER_D = 0x64;
export const LETTER_E = 0x65;
export const LETTER_I = 0x69;
export const LETTER_L = 0x6c;

export const NINE = 0x39;

/** Returns the offset of the first byte from `offset` on that is no digit. */
export function skipDigits(input: Uint8Array, offset: number): number {
  let end = offset;
  for (let byte = input[end]!; byte >= ZERO && byte <= NINE; byte = input[end]!) end += 1;
  return end;
}

/** Returns the number that the digits from `start` to `end` make: exactly, if they are at most 15. */
export function readDigits(input: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let offset = start; offset < end; offset += 1) number = number * 10 + (input[offset]! - ZERO);
  return number;
}
