import { sha1, type InfoHash } from '@millrace/metainfo';
import { asIpv4, parseIp } from './ip-address.ts';
import { uint32 } from './message-header.ts';

/** What the allowed fast set of a peer depends on. */
export interface AllowedFastOptions {
  readonly infoHash: InfoHash;
  /** The IP address of the peer that may ask; not ours. */
  readonly address: string;
  readonly pieceCount: number;
  /** Pieces in the set, if there are so many. @defaultValue 10, as BEP 6 has it */
  readonly count?: number;
}

/**
 * Computes which pieces a peer may ask for while it is choked. Every peer of a torrent computes the same for one network
 * of 256 addresses. For IPv6 there is no rule, and the set is empty.
 *
 * @throws {RangeError} if `address` is no IP address, or a number is not whole and at least 0.
 * @see {@link https://www.bittorrent.org/beps/bep_0006.html | BEP 6, allowed fast set generation}
 */
export function allowedFastSet(options: AllowedFastOptions): number[] {
  const { infoHash, address, pieceCount, count = 10 } = options;
  const ip = parseIp(address);
  if (ip === undefined) {
    throw new RangeError(`Cannot use ${JSON.stringify(address)} as an address: it must be IPv4 or IPv6`);
  }
  for (const number of [pieceCount, count]) {
    if (Number.isSafeInteger(number) && number >= 0) continue;
    throw new RangeError(`Cannot choose ${number} pieces: it must be a whole number of at least 0`);
  }
  const ipv4 = asIpv4(ip);
  if (ipv4 === undefined) return [];
  // The draw below would never end if there were fewer pieces than it wants.
  if (count >= pieceCount) return Array.from({ length: pieceCount }, (_, index) => index);
  const seed = new Uint8Array(24);
  seed.set(ipv4.subarray(0, 3));
  seed.set(infoHash, 4);
  return drawPieces(seed, pieceCount, count);
}

function drawPieces(seed: Uint8Array, pieceCount: number, count: number): number[] {
  const pieces = new Set<number>();
  for (let hash = seed; pieces.size < count;) {
    hash = sha1(hash);
    for (let at = 0; at < hash.length && pieces.size < count; at += 4)
      pieces.add(uint32(hash, at) % pieceCount);
  }
  return [...pieces];
}
