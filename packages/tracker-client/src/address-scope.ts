import { mappedIpv4, parseIp } from './ip-address.ts';

/** How far an address reaches: this machine, a network nearby, or everywhere. */
export type AddressScope = 'loopback' | 'local' | 'public';

const SCOPES: readonly AddressScope[] = ['loopback', 'local', 'public'];

/** Tells whether `scope` lies nearer than `other`: an address of `other` must not send us to one of `scope`. */
export function isNarrower(scope: AddressScope, other: AddressScope): boolean {
  return SCOPES.indexOf(scope) < SCOPES.indexOf(other);
}

/** IPv4 blocks that are not reached over the Internet: first address, prefix length. */
const LOCAL_IPV4: readonly (readonly [block: number, prefix: number])[] = [
  [0x00_00_00_00, 8], // this network
  [0x0a_00_00_00, 8], // private
  [0x64_40_00_00, 10], // behind a provider's translator
  [0xa9_fe_00_00, 16], // link-local, also the metadata services of clouds
  [0xac_10_00_00, 12], // private
  [0xc0_00_00_00, 24], // protocol assignments
  [0xc0_a8_00_00, 16], // private
  [0xc6_12_00_00, 15], // benchmarks
  [0xe0_00_00_00, 3], // multicast, reserved, broadcast
];

/**
 * Tells how far an address of 4 or 16 bytes reaches. IPv6 addresses that carry an IPv4 one are judged by that.
 *
 * @see {@link https://www.iana.org/assignments/iana-ipv4-special-registry | IANA special-purpose addresses}
 */
export function addressScope(bytes: Uint8Array): AddressScope {
  if (bytes.length === 4) return scopeOfIpv4(bytes);
  const carried = carriedIpv4(bytes);
  if (carried !== undefined) return scopeOfIpv4(carried);
  const isZeroUpToLast = bytes.subarray(0, 15).every((byte) => byte === 0);
  // The unspecified address connects to this machine, as 0.0.0.0 does.
  if (isZeroUpToLast && (bytes[15] ?? 0) <= 1) return 'loopback';
  const [first = 0, second = 0] = bytes;
  const isUniqueLocal = (first & 0xfe) === 0xfc;
  const isLinkOrSiteLocal = first === 0xfe && second >= 0x80;
  const isMulticast = first === 0xff;
  return isUniqueLocal || isLinkOrSiteLocal || isMulticast || first === 0 ? 'local' : 'public';
}

/** Tells how far an IPv4 or IPv6 address reaches, given as text; what is no address reaches no further than this machine. */
export function scopeOf(address: string): AddressScope {
  return addressScope(parseIp(address) ?? new Uint8Array(4));
}

function scopeOfIpv4(bytes: Uint8Array): AddressScope {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (a === 127 || (a | b | c | d) === 0) return 'loopback';
  const address = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const isLocal = LOCAL_IPV4.some(([block, prefix]) => (address ^ block) >>> (32 - prefix) === 0);
  return isLocal ? 'local' : 'public';
}

/** The IPv4 address that translators, 6to4 or the mapped form put into an IPv6 one. */
function carriedIpv4(bytes: Uint8Array): Uint8Array | undefined {
  const starts = (...prefix: number[]): boolean => prefix.every((byte, index) => bytes[index] === byte);
  if (starts(0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0)) return bytes.subarray(12);
  if (starts(0x20, 0x02)) return bytes.subarray(2, 6);
  return mappedIpv4(bytes);
}

/** Tells whether a peer can be at an address: not at the unspecified one, nor at one that means many or none. */
export function isPeerIp(bytes: Uint8Array): boolean {
  const ipv4 = bytes.length === 4 ? bytes : mappedIpv4(bytes);
  if (ipv4 !== undefined) return ipv4[0] !== 0 && (ipv4[0] ?? 0) < 224;
  return bytes[0] !== 0xff && bytes.some((byte) => byte !== 0);
}
