import type { BencodeValue } from '@millrace/bencode';
import { isPeerIp } from './address-scope.ts';
import { formatIp, parseIp } from './ip-address.ts';
import { isHostName, isPort, type PeerAddress } from './peer-address.ts';

/** Peers given by name that are taken from one answer: each costs a lookup. */
const MAX_HOST_NAMES = 16;

/**
 * Yields each peer of a list in the old form, `undefined` for one nobody can be reached at.
 *
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, trackers}
 */
export function* dictionaryPeers(
  list: readonly BencodeValue[],
): Generator<PeerAddress | undefined, void, void> {
  let names = 0;
  for (const entry of list) {
    const peer = readPeer(entry);
    // A name has a letter that no IPv4 address has, and never a colon.
    const isName = peer !== undefined && parseIp(peer.host) === undefined;
    if (isName) names += 1;
    yield isName && names > MAX_HOST_NAMES ? undefined : peer;
  }
}

function readPeer(entry: BencodeValue): PeerAddress | undefined {
  if (!(entry instanceof Map)) return undefined;
  const ip: unknown = entry.get('ip');
  const port: unknown = entry.get('port');
  if (!(ip instanceof Uint8Array) || ip.length > 255 || typeof port !== 'number' || !isPort(port))
    return undefined;
  const text = new TextDecoder().decode(ip);
  const address = parseIp(text);
  if (address !== undefined) return isPeerIp(address) ? { host: formatIp(address), port } : undefined;
  return isHostName(text) ? { host: text.toLowerCase(), port } : undefined;
}
