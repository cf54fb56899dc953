import { asIpv4 } from '../ip-address.ts';

/** How far an address reaches: this machine, a network nearby, everywhere. */
export const SCOPE = { loopback: 0, local: 1, everywhere: 2 } as const;

export type AddressScope = (typeof SCOPE)[keyof typeof SCOPE];

/** IPv4 networks that are nearby: private, link-local, and behind a provider's translator. */
const LOCAL_IPV4: readonly (readonly [first: number, second: number, secondMask: number])[] = [
  [10, 0, 0],
  [100, 64, 0xc0],
  [169, 254, 0xff],
  [172, 16, 0xf0],
  [192, 168, 0xff],
];

/**
 * Tells how far an address of 4 or 16 bytes reaches, `undefined` if no peer can be there: it is unspecified, multicast,
 * reserved or broadcast.
 *
 * @see {@link https://www.iana.org/assignments/iana-ipv4-special-registry | IANA special-purpose addresses}
 */
export function scopeOf(bytes: Uint8Array): AddressScope | undefined {
  const ipv4 = asIpv4(bytes);
  return ipv4 === undefined ? scopeOfIpv6(bytes) : scopeOfIpv4(ipv4);
}

function scopeOfIpv4([first = 0, second = 0]: Uint8Array): AddressScope | undefined {
  if (first === 0 || first >= 224) return undefined;
  if (first === 127) return SCOPE.loopback;
  const isLocal = LOCAL_IPV4.some(([a, b, mask]) => first === a && (second & mask) === b);
  return isLocal ? SCOPE.local : SCOPE.everywhere;
}

function scopeOfIpv6(bytes: Uint8Array): AddressScope | undefined {
  const [first = 0, second = 0] = bytes;
  if (first === 0xff) return undefined;
  const isZeroBeforeLast = bytes.subarray(0, 15).every((byte) => byte === 0);
  if (isZeroBeforeLast && (bytes[15] ?? 0) <= 1) return bytes[15] === 1 ? SCOPE.loopback : undefined;
  const isUniqueLocal = (first & 0xfe) === 0xfc;
  const isLinkLocal = first === 0xfe && second >= 0x80;
  return isUniqueLocal || isLinkLocal ? SCOPE.local : SCOPE.everywhere;
}
