import { encodeMessage, type Bitfield } from '@millrace/peer-wire';
import type { BitfieldBehaviour } from './behaviour.ts';

/** Encodes how a peer says which pieces it has, as its behaviour would have it. */
export function pieceClaims(behaviour: BitfieldBehaviour, have: Bitfield): readonly Uint8Array[] {
  const bits = have.encode();
  const bitfield = (payload: Uint8Array): Uint8Array => encodeMessage({ type: 'bitfield', bits: payload });
  switch (behaviour) {
    case 'honest':
      return have.count === 0 ? [] : [bitfield(bits)];
    case 'none':
      return [];
    case 'haves':
      return [...have].map((index) => encodeMessage({ type: 'have', index }));
    case 'all':
      return [bitfield(allBits(have.size))];
    case 'haveAll':
    case 'haveNone':
      return [encodeMessage({ type: behaviour })];
    case 'short':
      return [bitfield(bits.subarray(0, -1))];
    case 'long':
      return [bitfield(Uint8Array.of(...bits, 0))];
    case 'spareBits':
      return [bitfield(spareBits(bits, have.size))];
    case 'twice':
      return [bitfield(bits), bitfield(bits)];
    case 'late':
      return [encodeMessage({ type: 'have', index: 0 }), bitfield(bits)];
  }
}

function allBits(size: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(size / 8)).fill(0xff);
  if (size % 8 !== 0) bits[bits.length - 1] = 0xff & ~(0xff >> (size % 8));
  return bits;
}

function spareBits(bits: Uint8Array, size: number): Uint8Array {
  if (size % 8 === 0) throw new RangeError(`Cannot set a spare bit: ${size} pieces fill their bytes`);
  const last = bits.length - 1;
  return bits.with(last, (bits[last] ?? 0) | 1);
}
