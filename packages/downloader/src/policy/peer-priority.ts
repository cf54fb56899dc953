import { parseIp, type PeerAddress } from '@millrace/tracker-client';

/** Bytes that stay as they are, of addresses that have nothing in common; each further one that they share adds one. */
const WHOLE_BYTES = { 4: 2, 16: 6 } as const;
/** What is looked at of all other bytes. */
const PARTIAL_MASK = 0x55;
/** CRC-32C, its bits in reverse. */
const POLYNOMIAL = 0x82_f6_3b_78;

/**
 * Computes how much two peers are meant for each other: both arrive at the same number, and whoever has more callers than
 * places keeps those with the highest. Nobody can choose an address that is first everywhere.
 *
 * @returns An unsigned integer of 32 bits; `undefined` if an address is none, or they are of different families.
 * @see {@link https://www.bittorrent.org/beps/bep_0040.html | BEP 40}
 */
export function peerPriority(local: PeerAddress, remote: PeerAddress): number | undefined {
  const ours = parseIp(local.host);
  const theirs = parseIp(remote.host);
  if (ours === undefined || theirs === undefined || ours.length !== theirs.length) return undefined;
  const shared = ours.findIndex((byte, at) => byte !== theirs[at]);
  if (shared === -1) return crc32c(sorted(portBytes(local.port), portBytes(remote.port)));
  const least = ours.length === 4 ? WHOLE_BYTES[4] : WHOLE_BYTES[16];
  const whole = shared < least ? least : shared + 1;
  return crc32c(sorted(masked(ours, whole), masked(theirs, whole)));
}

function portBytes(port: number): Uint8Array {
  return Uint8Array.of(port >>> 8, port);
}

function masked(address: Uint8Array, wholeBytes: number): Uint8Array {
  return address.map((byte, at) => (at < wholeBytes ? byte : byte & PARTIAL_MASK));
}

/** Puts the lesser of two arrays of one length before the other. */
function sorted(a: Uint8Array, b: Uint8Array): Uint8Array {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  const isSorted = (a[at] ?? 0) <= (b[at] ?? 0);
  return Uint8Array.from(isSorted ? [...a, ...b] : [...b, ...a]);
}

function crc32c(bytes: Uint8Array): number {
  let crc = 0xff_ff_ff_ff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? POLYNOMIAL : 0);
  }
  return (crc ^ 0xff_ff_ff_ff) >>> 0;
}
