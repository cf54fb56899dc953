import { sameBytes, toKey } from './bytes.ts';

/** Which of the two DHTs: that of IPv4, or that of IPv6. {@link https://www.bittorrent.org/beps/bep_0032.html | BEP 32} */
export type Family = 4 | 6;

/** Where packets go to and come from. */
export interface Endpoint {
  /** 4 or 16 bytes. */
  readonly ip: Uint8Array;
  /** 1 to 65535. */
  readonly port: number;
}

/** Tells one host from another: the address, of IPv6 the network of 64 bits that one subscriber has. */
export type HostKey = number | string;

export function familyOf({ ip }: Endpoint): Family {
  return ip.length === 4 ? 4 : 6;
}

export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.port === other.port && sameBytes(one.ip, other.ip);
}

export function endpointKey({ ip, port }: Endpoint): string {
  return `${toKey(ip)}${port}`;
}

export function hostKey(ip: Uint8Array): HostKey {
  return ip.length === 4 ? firstFour(ip) : toKey(ip.subarray(0, 8));
}

/** Tells one network from another: 24 bits of IPv4, 48 of IPv6, which is about what one party can have easily. */
export function networkKey(ip: Uint8Array): HostKey {
  return ip.length === 4 ? firstFour(ip) >>> 8 : toKey(ip.subarray(0, 6));
}

function firstFour(ip: Uint8Array): number {
  // Signed, so that V8 needs no memory for it.
  return ((ip[0] ?? 0) << 24) | ((ip[1] ?? 0) << 16) | ((ip[2] ?? 0) << 8) | (ip[3] ?? 0);
}

/** Bytes of an address and port in the compact form. */
export function compactLength(family: Family): 6 | 18 {
  return family === 4 ? 6 : 18;
}

/** Writes an address and port in 6 or 18 bytes, big-endian. @see {@link https://www.bittorrent.org/beps/bep_0005.html | BEP 5, contact encoding} */
export function encodeEndpoint({ ip, port }: Endpoint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ip.length + 2);
  bytes.set(ip);
  bytes[ip.length] = port >>> 8;
  bytes[ip.length + 1] = port & 0xff;
  return bytes;
}

/** Reads an address and port of 6 or 18 bytes; a copy. */
export function decodeEndpoint(bytes: Uint8Array): Endpoint {
  const end = bytes.length - 2;
  return { ip: bytes.slice(0, end), port: ((bytes[end] ?? 0) << 8) | (bytes[end + 1] ?? 0) };
}

/** Tells whether there can be someone at an endpoint: not at port 0, nor where an address means many or none. */
export function isReachable({ ip, port }: Endpoint): boolean {
  if (port === 0) return false;
  if (ip.length === 4) return ip[0] !== 0 && (ip[0] ?? 0) < 224;
  const isMapped = ip.subarray(0, 10).every((byte) => byte === 0) && ip[10] === 0xff && ip[11] === 0xff;
  return ip[0] !== 0xff && !isMapped && ip.some((byte) => byte !== 0);
}

/**
 * Tells an address of this machine or a network nearby. What is asked of addresses all over the world, such as an id that
 * belongs to them, is not asked of these; and no one far away can have met them.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0042.html | BEP 42, enforcement}
 */
export function isLocalIp(ip: Uint8Array): boolean {
  const [a = 0, b = 0] = ip;
  if (ip.length === 4) {
    return (
      a === 10 ||
      a === 127 ||
      (a === 172 && b >>> 4 === 1) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254)
    );
  }
  return (a & 0xfe) === 0xfc || (a === 0xfe && b >= 0x80) || isLoopbackIp(ip);
}

export function isLoopbackIp(ip: Uint8Array): boolean {
  if (ip.length === 4) return ip[0] === 127;
  return ip[15] === 1 && ip.subarray(0, 15).every((byte) => byte === 0);
}
