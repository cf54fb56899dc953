import { decode, encode, type BencodeDict, type BencodeValue } from '@millrace/bencode';
import { PeerWireError } from '../error.ts';
import { formatIp, parseIp } from '../ip-address.ts';

/** What an extension by this name speaks. */
export const PEX_EXTENSION = 'ut_pex';

/** Where a peer is. */
export interface PexAddress {
  /** An IPv4 or IPv6 address, without brackets. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
}

/** A peer that another is connected to, and what that knows of it. */
export interface PexPeer extends PexAddress {
  readonly prefersEncryption?: boolean;
  /** It wants no pieces: it is a seeder, or has all it wants. */
  readonly uploadOnly?: boolean;
  readonly supportsUtp?: boolean;
  readonly supportsHolepunch?: boolean;
  /** Who tells of it has connected to it, not it to them. */
  readonly isReachable?: boolean;
}

export interface PexMessage {
  readonly added: readonly PexPeer[];
  readonly dropped: readonly PexAddress[];
}

type Flag = Exclude<keyof PexPeer, keyof PexAddress>;

const FLAGS: readonly (readonly [name: Flag, mask: number])[] = [
  ['prefersEncryption', 0x01],
  ['uploadOnly', 0x02],
  ['supportsUtp', 0x04],
  ['supportsHolepunch', 0x08],
  ['isReachable', 0x10],
];

/** Bytes of an address in a list; its port follows. */
const FAMILIES = { '': 4, '6': 16 } as const;
type Family = keyof typeof FAMILIES;
const PORT_LENGTH = 2;

/**
 * Encodes a message: lists of compact addresses by family, and a byte of flags for each that is added.
 *
 * @throws {RangeError} if a host is no IP address, or a port not 0 to 65535.
 * @see {@link https://www.bittorrent.org/beps/bep_0011.html | BEP 11}
 */
export function encodePexMessage(message: PexMessage): Uint8Array<ArrayBuffer> {
  const added = byFamily(message.added);
  const dropped = byFamily(message.dropped);
  return encode({
    added: compact(added[''], 4),
    'added.f': flagsOf(added['']),
    added6: compact(added['6'], 16),
    'added6.f': flagsOf(added['6']),
    dropped: compact(dropped[''], 4),
    dropped6: compact(dropped['6'], 16),
  });
}

/**
 * Decodes a message. All addresses come as they are, port 0 and multicast too: `UtPex` leaves such out. A last address
 * that is cut is left out, flags that are missing are not set, and a field that is no byte string counts as missing.
 *
 * @param maxAddresses - Addresses read of each list; the rest is not looked at.
 * @throws {PeerWireError} `MALFORMED_EXTENSION` if it is no dictionary.
 */
export function decodePexMessage(payload: Uint8Array, maxAddresses = 200): PexMessage {
  const dict = decodeDict(payload);
  const added: PexPeer[] = [];
  const dropped: PexAddress[] = [];
  for (const family of ['', '6'] as const) {
    const flags = bytesOf(dict.get(`added${family}.f`));
    for (const [at, address] of addresses(dict, 'added', family, maxAddresses)) {
      added.push({ ...address, ...readFlags(flags[at] ?? 0) });
    }
    for (const [, address] of addresses(dict, 'dropped', family, maxAddresses)) dropped.push(address);
  }
  return { added, dropped };
}

function decodeDict(payload: Uint8Array): BencodeDict {
  let cause: unknown;
  try {
    const value = decode(payload, { strict: false });
    if (value instanceof Map) return value;
  } catch (error) {
    cause = error;
  }
  throw new PeerWireError({ code: 'MALFORMED_EXTENSION', extension: PEX_EXTENSION }, { cause });
}

function* addresses(
  dict: BencodeDict,
  list: 'added' | 'dropped',
  family: Family,
  max: number,
): Generator<readonly [at: number, address: PexAddress], void, void> {
  const bytes = bytesOf(dict.get(`${list}${family}`));
  const length = FAMILIES[family] + PORT_LENGTH;
  const count = Math.min(max, Math.floor(bytes.length / length));
  for (let at = 0; at < count; at += 1) {
    const portAt = (at + 1) * length - PORT_LENGTH;
    const port = ((bytes[portAt] ?? 0) << 8) | (bytes[portAt + 1] ?? 0);
    yield [at, { host: formatIp(bytes.subarray(at * length, portAt)), port }];
  }
}

function bytesOf(value: BencodeValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

function readFlags(byte: number): Partial<Record<Flag, boolean>> {
  const flags: Partial<Record<Flag, boolean>> = {};
  for (const [name, mask] of FLAGS) if ((byte & mask) !== 0) flags[name] = true;
  return flags;
}

interface Located<T> {
  readonly peer: T;
  readonly ip: Uint8Array;
}

function byFamily<T extends PexAddress>(peers: readonly T[]): Record<Family, Located<T>[]> {
  const lists: Record<Family, Located<T>[]> = { '': [], '6': [] };
  for (const peer of peers) {
    const ip = parseIp(peer.host);
    if (ip === undefined || !Number.isInteger(peer.port) || peer.port < 0 || peer.port > 0xffff) {
      throw new RangeError(
        `Cannot encode peer ${JSON.stringify(peer.host)} with port ${peer.port}: it must be an IP address, and 0 to 65535`,
      );
    }
    lists[ip.length === 4 ? '' : '6'].push({ peer, ip });
  }
  return lists;
}

function compact(peers: readonly Located<PexAddress>[], ipLength: number): Uint8Array | undefined {
  if (peers.length === 0) return undefined;
  const bytes = new Uint8Array(peers.length * (ipLength + PORT_LENGTH));
  let offset = 0;
  for (const { peer, ip } of peers) {
    bytes.set(ip, offset);
    bytes[offset + ipLength] = peer.port >>> 8;
    bytes[offset + ipLength + 1] = peer.port;
    offset += ipLength + PORT_LENGTH;
  }
  return bytes;
}

function flagsOf(peers: readonly Located<PexPeer>[]): Uint8Array | undefined {
  if (peers.length === 0) return undefined;
  return Uint8Array.from(peers, ({ peer }) => {
    let byte = 0;
    for (const [name, mask] of FLAGS) if (peer[name] === true) byte |= mask;
    return byte;
  });
}
