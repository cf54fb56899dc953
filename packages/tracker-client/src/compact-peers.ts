import { isPeerIp } from './address-scope.ts';
import { formatIp } from './ip-address.ts';
import type { PeerAddress } from './peer-address.ts';

/** Bytes of one peer in a compact list: the address, then the port. */
export const COMPACT_IPV4_LENGTH = 6;
export const COMPACT_IPV6_LENGTH = 18;

/**
 * Decodes a compact list of IPv4 peers: 4 bytes of address and 2 of port each, big-endian.
 *
 * Entries nobody can be reached at are left out (port 0; unspecified, multicast, reserved and broadcast addresses),
 * and so is a last entry that is cut.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0023.html | BEP 23, compact peer lists}
 */
export function decodeCompactPeers(bytes: Uint8Array): PeerAddress[] {
  return [...compactPeers(bytes, COMPACT_IPV4_LENGTH)].filter((peer) => peer !== undefined);
}

/**
 * Decodes a compact list of IPv6 peers: 16 bytes of address and 2 of port each, big-endian. What is left out is the
 * same as in `decodeCompactPeers`; an IPv4 address within an IPv6 one comes out as IPv4.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0007.html | BEP 7, IPv6 tracker extension}
 */
export function decodeCompactPeers6(bytes: Uint8Array): PeerAddress[] {
  return [...compactPeers(bytes, COMPACT_IPV6_LENGTH)].filter((peer) => peer !== undefined);
}

/** Yields each whole entry, `undefined` for one nobody can be reached at. */
export function* compactPeers(
  bytes: Uint8Array,
  entryLength: typeof COMPACT_IPV4_LENGTH | typeof COMPACT_IPV6_LENGTH,
): Generator<PeerAddress | undefined, void, void> {
  for (let end = entryLength; end <= bytes.length; end += entryLength) {
    const address = bytes.subarray(end - entryLength, end - 2);
    const port = ((bytes[end - 2] ?? 0) << 8) | (bytes[end - 1] ?? 0);
    yield port === 0 || !isPeerIp(address) ? undefined : { host: formatIp(address), port };
  }
}
