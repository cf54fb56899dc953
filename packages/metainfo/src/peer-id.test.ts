import { describe, expect, it } from 'vitest';
import { createPeerId, peerId } from './peer-id.ts';

const ones = (length: number): Uint8Array => new Uint8Array(length).fill(1);

describe('createPeerId', () => {
  it.each([
    ['0.1.0', '-MR0100-'],
    ['1.2.3', '-MR1230-'],
    ['10.35.0.1', '-MRAZ01-'],
    ['2', '-MR2000-'],
  ])('writes version %s as %s before twelve random bytes', (version, head) => {
    const id = createPeerId(ones, version);
    expect(id).toEqual(Uint8Array.from([...new TextEncoder().encode(head), ...ones(12)]));
  });

  it.each(['', '1.2.3.4.5', '36.0', '1.x', '-1', '1..2', '1.2.3-beta'])('refuses version %j', (version) => {
    expect(() => createPeerId(ones, version)).toThrow(RangeError);
  });

  it('refuses a source of randomness that gives too little', () => {
    expect(() => createPeerId(() => ones(11), '1')).toThrow(RangeError);
  });
});

describe('peerId', () => {
  it('copies what it is given, and never hands out a Buffer', () => {
    const bytes = Buffer.alloc(20);
    const id = peerId(bytes);
    bytes.fill(1);
    expect(id).toEqual(new Uint8Array(20));
  });

  it.each([19, 21])('refuses %d bytes', (length) => {
    expect(() => peerId(new Uint8Array(length))).toThrow(RangeError);
  });
});
