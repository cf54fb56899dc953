import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitfield } from './bitfield.ts';

function bitfieldOf(size: number, pieces: Iterable<number>): Bitfield {
  const bitfield = new Bitfield(size);
  for (const piece of pieces) bitfield.add(piece);
  return bitfield;
}

/** A size and some pieces within it. */
const somePieces = fc
  .integer({ min: 1, max: 70 })
  .chain((size) => fc.tuple(fc.constant(size), fc.array(fc.nat({ max: size - 1 }))));

describe('Bitfield', () => {
  it('puts the first piece in the highest bit', () => {
    expect([...bitfieldOf(10, [0, 7, 9]).encode()]).toEqual([0x81, 0x40]);
    expect([...Bitfield.decode(Uint8Array.of(0x81, 0x40), 10)]).toEqual([0, 7, 9]);
  });

  it('behaves as a set of piece indexes', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('add', 'delete'), fc.nat({ max: 20 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (commands) => {
        const bitfield = new Bitfield(21);
        const model = new Set<number>();
        for (const [command, piece] of commands) {
          const isChange = model.has(piece) === (command === 'delete');
          model[command](piece);
          expect(bitfield[command](piece)).toBe(isChange);
          expect(bitfield.has(piece)).toBe(model.has(piece));
          expect(bitfield.count).toBe(model.size);
          expect(bitfield.isFull).toBe(model.size === 21);
        }
        expect([...bitfield]).toEqual([...model].toSorted((a, b) => a - b));
      }),
    );
  });

  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(somePieces, ([size, pieces]) => {
        const bytes = bitfieldOf(size, pieces).encode();
        const decoded = Bitfield.decode(bytes, size);
        expect(bytes).toHaveLength(Math.ceil(size / 8));
        expect(new Set(decoded)).toEqual(new Set(pieces));
        expect(decoded.count).toBe(new Set(pieces).size);
        expect(decoded.encode()).toEqual(bytes);
      }),
    );
  });

  it('adds all of another', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 16 })), fc.array(fc.nat({ max: 16 })), (ours, theirs) => {
        const bitfield = bitfieldOf(17, ours);
        const other = bitfieldOf(17, theirs);
        bitfield.addAll(other);
        expect(new Set(bitfield)).toEqual(new Set([...ours, ...theirs]));
        expect(bitfield.count).toBe(new Set([...ours, ...theirs]).size);
        expect(new Set(other)).toEqual(new Set(theirs));
      }),
    );
    expect(() => new Bitfield(9).addAll(new Bitfield(10))).toThrowError(RangeError);
  });

  it('is full at every size, without a spare bit', () => {
    for (let size = 0; size <= 33; size += 1) {
      const all = bitfieldOf(
        size,
        Array.from({ length: size }, (_, piece) => piece),
      );
      expect(all.isFull).toBe(true);
      expect(Bitfield.decode(all.encode(), size).isFull).toBe(true);
    }
  });

  it('refuses every spare bit', () => {
    for (let size = 1; size <= 24; size += 1) {
      const length = Math.ceil(size / 8);
      for (let bit = size; bit < length * 8; bit += 1) {
        const bytes = new Uint8Array(length);
        bytes[bit >>> 3] = 0x80 >>> (bit & 7);
        expect(() => Bitfield.decode(bytes, size)).toThrowError(
          expect.objectContaining({ detail: { code: 'BITFIELD_SPARE_BITS', pieceCount: size } }),
        );
      }
    }
  });

  it.each([
    [0, 1, 0],
    [8, 0, 1],
    [8, 2, 1],
    [9, 1, 2],
    [9, 3, 2],
  ])('of %i pieces refuses %i bytes', (size, length, expected) => {
    expect(() => Bitfield.decode(new Uint8Array(length), size)).toThrowError(
      expect.objectContaining({ detail: { code: 'BITFIELD_LENGTH', length, expected } }),
    );
  });

  it('shares no memory', () => {
    const bytes = Uint8Array.of(0x80);
    const bitfield = Bitfield.decode(bytes, 8);
    bytes.fill(0xff);
    bitfield.encode().fill(0xff);
    expect([...bitfield]).toEqual([0]);
  });

  it.each([-1, 8, 0.5, Number.NaN, 2 ** 32])('has no piece %d', (index) => {
    const bitfield = new Bitfield(8);
    expect(() => bitfield.has(index)).toThrowError(RangeError);
    expect(() => bitfield.add(index)).toThrowError(RangeError);
    expect(() => bitfield.delete(index)).toThrowError(RangeError);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('cannot have %d pieces', (size) => {
    expect(() => new Bitfield(size)).toThrowError(RangeError);
  });

  it.each([0, 1, 7, 8, 9, 16, 1000])('is full of %d pieces after fill(), without spare bits', (size) => {
    const bitfield = new Bitfield(size);
    bitfield.fill();
    expect([bitfield.count, bitfield.isFull, [...bitfield].length]).toEqual([size, true, size]);
    expect(Bitfield.decode(bitfield.encode(), size).count).toBe(size);
  });
});
