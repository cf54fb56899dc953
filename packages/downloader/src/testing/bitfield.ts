import { Bitfield } from '@millrace/peer-wire';

/** A bitfield with these pieces. */
export function bitfieldOf(size: number, pieces: Iterable<number>): Bitfield {
  const bitfield = new Bitfield(size);
  for (const piece of pieces) bitfield.add(piece);
  return bitfield;
}

/** Every number from 0 up to, not including, `end`. */
export function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, at) => at);
}
