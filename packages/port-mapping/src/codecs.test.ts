import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortMappingError } from './error.ts';
import { decodeFault, decodeSearchAnswer, findControlPoint } from './igd.ts';
import { decodeNatPmpAnswer, encodeNatPmpRequest } from './nat-pmp.ts';
import { decodePcpAnswer, encodePcpRequest } from './pcp.ts';

const REQUEST = { transport: 'tcp', internalPort: 6881, externalPort: 6881, lifetimeSeconds: 7_200 } as const;
const PCP = { ...REQUEST, clientAddress: Uint8Array.of(10, 0, 0, 2), nonce: new Uint8Array(12).fill(7) };

function hex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

describe('decodeNatPmpAnswer()', () => {
  it('reads what a router gives', () => {
    const answer = hex('00 82 0000 00000001 1ae1 1b58 00000e10');
    expect(decodeNatPmpAnswer(answer, REQUEST)).toEqual({ externalPort: 7_000, lifetimeSeconds: 3_600 });
  });

  it.each([
    ['nothing', '', 'MALFORMED'],
    ['half an answer', '00 82 0000 00000001 1ae1', 'MALFORMED'],
    ['an answer about UDP', '00 81 0000 00000001 1ae1 1b58 00000e10', 'MALFORMED'],
    ['an answer about another port', '00 82 0000 00000001 1ae2 1b58 00000e10', 'MALFORMED'],
    ['a refusal', '00 82 0002', 'REFUSED'],
    ['another version', '02 81 0001', 'REFUSED'],
  ])('refuses %s', (_, text, code) => {
    expect(() => decodeNatPmpAnswer(hex(text), REQUEST)).toThrowError(expect.objectContaining({ code }));
  });
});

describe('decodePcpAnswer()', () => {
  const answer = encodePcpRequest({ ...PCP, externalPort: 7_000 });
  answer[1] = 129;

  it('reads what a router gives', () => {
    expect(decodePcpAnswer(answer, PCP)).toEqual({ externalPort: 7_000, lifetimeSeconds: 7_200 });
  });

  it.each([
    ['a question', 1, 1, 'MALFORMED'],
    ['a refusal', 3, 8, 'REFUSED'],
    ['an answer to someone else', 30, 0, 'MALFORMED'],
    ['an answer about UDP', 36, 17, 'MALFORMED'],
    ['an answer about another port', 41, 0, 'MALFORMED'],
  ])('refuses %s', (_, at, byte, code) => {
    const bytes = answer.with(at, byte);
    expect(() => decodePcpAnswer(bytes, PCP)).toThrowError(expect.objectContaining({ code }));
  });
});

it('refuses requests that do not fit', () => {
  for (const wrong of [{ internalPort: 0 }, { externalPort: 65_536 }, { lifetimeSeconds: -1 }])
    expect(() => encodeNatPmpRequest({ ...REQUEST, ...wrong })).toThrow(RangeError);
  expect(() => encodePcpRequest({ ...PCP, nonce: new Uint8Array(11) })).toThrow(RangeError);
});

it('answers whatever comes with a value or its one error', () => {
  const isFine = (read: () => unknown): boolean => {
    try {
      read();
      return true;
    } catch (error) {
      return PortMappingError.is(error) && error.message.startsWith('Cannot map port: ');
    }
  };
  const base = new URL('http://192.0.2.1/');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.string({ maxLength: 200 }), (bytes, text) => {
      const answer = new TextEncoder().encode(`HTTP/1.1 200 OK\r\nLOCATION: ${text}\r\n`);
      const reads = [
        () => decodeNatPmpAnswer(bytes, REQUEST),
        () => decodePcpAnswer(bytes, PCP),
        () => decodeSearchAnswer(bytes, '192.0.2.1'),
        () => decodeSearchAnswer(answer, '192.0.2.1'),
        () => findControlPoint(`<service>${text}`, base),
      ];
      expect(reads.every((read) => isFine(read))).toBe(true);
      expect(PortMappingError.is(decodeFault(text))).toBe(true);
    }),
  );
});
