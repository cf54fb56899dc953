import type { Endpoint } from '../endpoint.ts';
import type { RandomBytes } from '../node-id.ts';

/** Makes a source of bytes that depend on nothing but `seed`. */
export function seededBytes(seed: number): RandomBytes {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) & 0xff;
  };
  return (length) => Uint8Array.from({ length }, next);
}

/** Draws public IPv4 endpoints, no two of which are of one network. */
export function endpointDrawer(seed: number): () => Endpoint {
  let network = seed * 1000;
  return () => {
    network += 1;
    // From 20.0.0.0 on: nothing up to 126.255.255.0 is of a local network.
    const spread = (network * 7919) % (106 * 65_536);
    return { ip: Uint8Array.of(20 + (spread >>> 16), (spread >>> 8) & 0xff, spread & 0xff, 9), port: 6881 };
  };
}
