import { crc32c } from './crc32c.ts';
import { isLocalIp } from './endpoint.ts';
import type { RandomBytes } from './node-id.ts';

/** Which bits of an address its node's id depends on: the nearer to the host, the more of them. */
const MASK: Readonly<Record<4 | 8, Uint8Array>> = {
  4: Uint8Array.of(0x03, 0x0f, 0x3f, 0xff),
  8: Uint8Array.of(0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff),
};

/**
 * Draws a node id that belongs to an address: its first 21 bits follow from the address and the last byte.
 *
 * @param ip 4 or 16 bytes, as the world sees it.
 * @see {@link https://www.bittorrent.org/beps/bep_0042.html | BEP 42, node id restriction}
 */
export function secureId(ip: Uint8Array, random: RandomBytes): Uint8Array<ArrayBuffer> {
  const id = Uint8Array.from(random(20));
  const hash = prefixOf(ip, id[19] ?? 0);
  id[0] = hash >>> 24;
  id[1] = (hash >>> 16) & 0xff;
  id[2] = ((hash >>> 8) & 0xf8) | ((id[2] ?? 0) & 0x07);
  return id;
}

/** Tells whether an id belongs to an address. Any id belongs to an address of a local network. */
export function isSecureId(id: Uint8Array, ip: Uint8Array): boolean {
  if (isLocalIp(ip)) return true;
  const hash = prefixOf(ip, id[19] ?? 0);
  return (
    id[0] === hash >>> 24 &&
    id[1] === ((hash >>> 16) & 0xff) &&
    ((id[2] ?? 0) & 0xf8) === ((hash >>> 8) & 0xf8)
  );
}

function prefixOf(ip: Uint8Array, last: number): number {
  const length = ip.length === 4 ? 4 : 8;
  const masked = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) masked[at] = (ip[at] ?? 0) & (MASK[length][at] ?? 0);
  masked[0] = (masked[0] ?? 0) | ((last & 7) << 5);
  return crc32c(masked);
}
