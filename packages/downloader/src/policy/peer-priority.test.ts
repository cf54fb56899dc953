import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerPriority } from './peer-priority.ts';

const at = (host: string, port = 6881): { host: string; port: number } => ({ host, port });

describe('peerPriority()', () => {
  it.each([
    ['123.213.32.10', '98.76.54.32', 0xec_2d_72_24],
    ['123.213.32.10', '123.213.32.234', 0x99_56_81_89],
  ])('computes for %s and %s what BEP 40 says', (local, remote, priority) => {
    expect(peerPriority(at(local), at(remote))).toBe(priority);
    expect(peerPriority(at(remote), at(local))).toBe(priority);
  });

  it('looks at more of addresses that are nearer to each other', () => {
    const isSame = (local: string, one: string, other: string): boolean =>
      peerPriority(at(local), at(one)) === peerPriority(at(local), at(other));
    // The bits that differ are not in the mask: 0x02 and 0x08.
    expect(isSame('10.0.0.1', '20.0.0.1', '20.0.2.1')).toBe(true);
    expect(isSame('10.0.0.1', '10.0.2.1', '10.0.8.1')).toBe(false);
    expect(isSame('10.0.0.1', '10.0.2.0', '10.0.2.2')).toBe(true);
    expect(isSame('10.0.0.1', '10.0.0.2', '10.0.0.8')).toBe(false);
    expect(isSame('2001:db8::1', '2a00:1:2:200::1', '2a00:1:2:800::1')).toBe(true);
    expect(isSame('2001:db8::1', '2001:db8:0:200::1', '2001:db8:0:800::1')).toBe(false);
    expect(isSame('2001:db8::1', '2001:db8:0:2::1', '2001:db8:0:8::1')).toBe(false);
    expect(isSame('2001:db8::1', '2001:db8:0:2:0::1', '2001:db8:0:2:200::1')).toBe(true);
  });

  it('takes the ports where the address is the same', () => {
    const [a, b, c] = [1, 2, 3].map((port) => peerPriority(at('10.0.0.1', port), at('10.0.0.1', 6881)));
    expect(new Set([a, b, c]).size).toBe(3);
    expect(peerPriority(at('10.0.0.1', 6881), at('10.0.0.1', 1))).toBe(a);
  });

  it('has no answer for names, nor for two families', () => {
    expect(peerPriority(at('10.0.0.1'), at('peer.example'))).toBeUndefined();
    expect(peerPriority(at('10.0.0.1'), at('2001:db8::1'))).toBeUndefined();
  });

  it('is the same from both sides, whatever the addresses', () => {
    const address = fc.record({
      host: fc.oneof(fc.ipV4(), fc.constantFrom('2001:db8::1', '2001:db8::2', '::1', 'fe80::7')),
      port: fc.integer({ min: 1, max: 65_535 }),
    });
    fc.assert(
      fc.property(address, address, (a, b) => {
        expect(peerPriority(a, b)).toBe(peerPriority(b, a));
      }),
    );
  });
});
