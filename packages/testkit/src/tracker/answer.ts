import { isIPv6 } from 'node:net';
import { encode, type Encodable } from '@millrace/bencode';
import type { PeerAddress } from '@millrace/tracker-client';

/** What an honest answer consists of. Values may be nonsense on purpose: they are written as they are given. */
export interface Answer {
  /** Seconds; a string is written as a byte string. */
  readonly interval: number | bigint | string;
  readonly minInterval?: number | bigint | string;
  readonly seeders: number;
  readonly leechers: number;
  readonly downloads: number;
  readonly peers: readonly AnsweredPeer[];
  readonly trackerId?: string;
  readonly warning?: string;
  readonly externalAddress?: string;
}

export interface AnsweredPeer extends PeerAddress {
  readonly peerId?: Uint8Array;
}

/**
 * Encodes an answer: compact (BEP 23 and, for IPv6, BEP 7) or in the old form of BEP 3.
 *
 * @throws {RangeError} if compact and a host is no IP address.
 */
export function encodeAnswer(answer: Answer, compact: boolean): Uint8Array {
  const { peers } = answer;
  const peerFields: Record<string, Encodable> = compact
    ? {
        peers: compactPeers(peers.filter(({ host }) => !isIPv6(host))),
        peers6: compactPeers(peers.filter(({ host }) => isIPv6(host))),
      }
    : {
        peers: peers.map(({ host, port, peerId }) => ({
          ip: host,
          port,
          'peer id': peerId,
        })),
      };
  return encode({
    interval: answer.interval,
    'min interval': answer.minInterval,
    complete: answer.seeders,
    incomplete: answer.leechers,
    downloaded: answer.downloads,
    'tracker id': answer.trackerId,
    'warning message': answer.warning,
    'external ip': answer.externalAddress === undefined ? undefined : addressBytes(answer.externalAddress),
    ...peerFields,
  });
}

/** Joins addresses of one family: 4 or 16 bytes each, then the port. */
export function compactPeers(peers: readonly PeerAddress[]): Uint8Array {
  const entries = peers.map(({ host, port }) => [...addressBytes(host), (port >>> 8) & 0xff, port & 0xff]);
  return Uint8Array.from(entries.flat());
}

function addressBytes(host: string): readonly number[] {
  if (!isIPv6(host)) {
    const numbers = host.split('.').map(Number);
    if (numbers.length === 4 && numbers.every((number) => number >= 0 && number <= 255)) return numbers;
    throw new RangeError(`Cannot write "${host}" as four bytes: it is no IPv4 address`);
  }
  return ipv6Bytes(host);
}

/** Expands an IPv6 address; `::` stands for as many zero groups as are missing. */
function ipv6Bytes(host: string): readonly number[] {
  const [head = '', tail] = host.split('::');
  const groups = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >>> 8, group & 0xff]);
}
