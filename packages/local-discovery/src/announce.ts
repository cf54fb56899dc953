import { formatInfoHash, parseInfoHash, type InfoHash } from '@millrace/metainfo';
import { LocalDiscoveryError } from './error.ts';

/** A multicast group that announces go to: IPv4 within an organisation, IPv6 within a site. */
export interface LocalGroup {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
}

/** {@link https://www.bittorrent.org/beps/bep_0014.html | BEP 14} */
export const LOCAL_GROUPS: readonly [LocalGroup, LocalGroup] = [
  { family: 4, address: '239.192.152.143', port: 6771 },
  { family: 6, address: 'ff15::efc0:988f', port: 6771 },
];

/** What a client tells its neighbours. */
export interface LocalAnnounce {
  /** The port that it listens on for peers, 1 to 65535. */
  readonly port: number;
  /** Torrents it takes part in, at least one. */
  readonly infoHashes: readonly InfoHash[];
  /** What the sender knows its own announces by, at most 64 characters. */
  readonly cookie?: string | undefined;
}

/** BEP 14: a longer one might be cut in two on its way. */
const MAX_SENT_LENGTH = 1_400;
/** What is read: more than anyone may send. */
const MAX_READ_LENGTH = 2_048;
const MAX_COOKIE_LENGTH = 64;
const REQUEST_LINE = 'BT-SEARCH * HTTP/1.1\r\n';

/**
 * Writes announces for one group: as few datagrams as hold all torrents with at most 1,400 bytes each.
 *
 * @throws {RangeError} if the port is not 1 to 65535, there is no info hash, or the cookie is not 1 to 64 letters, digits
 * and hyphens.
 * @see {@link https://www.bittorrent.org/beps/bep_0014.html | BEP 14}
 */
export function encodeLocalAnnounces(
  { port, infoHashes, cookie }: LocalAnnounce,
  group: LocalGroup,
): Uint8Array<ArrayBuffer>[] {
  if (!isPort(port)) throw new RangeError(`Cannot announce port ${port}: it must be 1 to 65535`);
  if (infoHashes.length === 0) throw new RangeError('Cannot announce no torrent: there must be one at least');
  if (cookie !== undefined && !/^[\w-]{1,64}$/.test(cookie)) {
    throw new RangeError(
      `Cannot use a cookie of ${cookie.length} characters: it must be 1 to 64 letters or digits`,
    );
  }
  const host = group.family === 6 ? `[${group.address}]` : group.address;
  const head = `${REQUEST_LINE}Host: ${host}:${group.port}\r\nPort: ${port}\r\n`;
  const tail = `${cookie === undefined ? '' : `cookie: ${cookie}\r\n`}\r\n\r\n`;
  const lines = infoHashes.map((hash) => `Infohash: ${formatInfoHash(hash)}\r\n`);
  const lineLength = lines[0]?.length ?? 1;
  const perDatagram = Math.floor((MAX_SENT_LENGTH - head.length - tail.length) / lineLength);
  const datagrams: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < lines.length; at += perDatagram) {
    const text = head + lines.slice(at, at + perDatagram).join('') + tail;
    datagrams.push(new TextEncoder().encode(text));
  }
  return datagrams;
}

/**
 * Reads a datagram that came to a group. Headers may be in any order and case; those that are unknown, and info hashes
 * of another form, are left out. Who sent it is the datagram's source, whatever it says.
 *
 * @returns Copies; each info hash once.
 * @throws {LocalDiscoveryError}
 */
export function decodeLocalAnnounce(datagram: Uint8Array): LocalAnnounce {
  if (datagram.length > MAX_READ_LENGTH) {
    throw new LocalDiscoveryError({
      code: 'TOO_LONG',
      length: datagram.length,
      maxLength: MAX_READ_LENGTH,
    });
  }
  const text = asciiText(datagram);
  if (text === undefined || !text.startsWith(REQUEST_LINE)) {
    throw new LocalDiscoveryError({ code: 'NOT_AN_ANNOUNCE' });
  }
  let port = 0;
  let cookie: string | undefined;
  const hashes = new Map<string, InfoHash>();
  for (const [name, value] of headersOf(text)) {
    if (name === 'port') port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    else if (name === 'cookie') cookie = value.slice(0, MAX_COOKIE_LENGTH);
    else if (name === 'infohash' && /^[\da-f]{40}$/i.test(value))
      hashes.set(value.toLowerCase(), parseInfoHash(value));
  }
  if (!isPort(port)) throw new LocalDiscoveryError({ code: 'INVALID_PORT' });
  if (hashes.size === 0) throw new LocalDiscoveryError({ code: 'NO_INFO_HASH' });
  const infoHashes = [...hashes.values()];
  return cookie === undefined ? { port, infoHashes } : { port, infoHashes, cookie };
}

function* headersOf(text: string): Generator<readonly [name: string, value: string], void, void> {
  for (const line of text.slice(REQUEST_LINE.length).split('\r\n')) {
    const colon = line.indexOf(':');
    // The headers are over.
    if (colon === -1) return;
    yield [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  }
}

function asciiText(bytes: Uint8Array): string | undefined {
  return bytes.every((byte) => byte < 0x80) ? new TextDecoder().decode(bytes) : undefined;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
