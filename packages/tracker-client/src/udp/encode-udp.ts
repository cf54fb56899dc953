import type { InfoHash } from '@millrace/metainfo';
import type { AnnounceRequest } from '../announce.ts';
import { checkRequest } from '../check-request.ts';
import { parseIp } from '../ip-address.ts';
import { MAX_UDP_SCRAPE, UDP_ACTION, UDP_PROTOCOL_ID, viewOf } from './udp-packet.ts';
import { encodeUrlData } from './url-data.ts';

/** What every request but the first begins with. */
export interface UdpRequestHeader {
  /** The 64 bits a tracker gave when it was asked to connect. */
  readonly connectionId: bigint;
  /** 32 bits that the answer repeats. */
  readonly transactionId: number;
}

const HASH_LENGTH = 20;
const HEADER_LENGTH = 16;
const ANNOUNCE_LENGTH = 98;
const EVENT_NUMBER = { completed: 1, started: 2, stopped: 3 } as const;
/** Counted as signed by some trackers: nothing larger is told. */
const MAX_NUM_WANT = 2 ** 31 - 1;

/** Writes the request for a connection id. @throws {RangeError} unless `transactionId` is a whole number of 32 bits. */
export function encodeUdpConnect(transactionId: number): Uint8Array<ArrayBuffer> {
  return header(HEADER_LENGTH, { connectionId: UDP_PROTOCOL_ID, transactionId }, UDP_ACTION.connect);
}

/**
 * Writes an announce. `urlData` is path and query of the tracker's URL, printable ASCII, told as BEP 41 has it; none if
 * it is empty. An `ip` is told only if it is an IPv4 address; the tracker id has no place here.
 *
 * @throws {RangeError} if a number or a length in the request is out of range.
 * @throws {TypeError} if `event` is none.
 * @see {@link https://www.bittorrent.org/beps/bep_0015.html | BEP 15}
 */
export function encodeUdpAnnounce(
  head: UdpRequestHeader,
  request: AnnounceRequest,
  urlData = '',
): Uint8Array<ArrayBuffer> {
  checkRequest(request);
  const options = encodeUrlData(urlData);
  const packet = header(ANNOUNCE_LENGTH + options.length, head, UDP_ACTION.announce);
  const view = viewOf(packet);
  const { event, ip, numWant } = request;
  packet.set(request.infoHash, 16);
  packet.set(request.peerId, 36);
  view.setBigUint64(56, BigInt(request.downloaded));
  view.setBigUint64(64, BigInt(request.left));
  view.setBigUint64(72, BigInt(request.uploaded));
  view.setUint32(80, event === undefined ? 0 : EVENT_NUMBER[event]);
  const address = ip === undefined ? undefined : parseIp(ip);
  if (address?.length === 4) packet.set(address, 84);
  view.setUint32(88, request.key ?? 0);
  view.setInt32(92, numWant === undefined ? -1 : Math.min(numWant, MAX_NUM_WANT));
  view.setUint16(96, request.port);
  packet.set(options, ANNOUNCE_LENGTH);
  return packet;
}

/** Writes a scrape of 1 to 74 torrents. @throws {RangeError} for another number of them, or one that is not 20 bytes. */
export function encodeUdpScrape(
  head: UdpRequestHeader,
  infoHashes: readonly InfoHash[],
): Uint8Array<ArrayBuffer> {
  const count = infoHashes.length;
  if (count < 1 || count > MAX_UDP_SCRAPE) {
    throw new RangeError(`Cannot scrape ${count} info hashes: there must be 1 to ${MAX_UDP_SCRAPE}`);
  }
  if (infoHashes.some(({ length }) => length !== HASH_LENGTH)) {
    throw new RangeError('Cannot scrape: every info hash must have 20 bytes');
  }
  const packet = header(HEADER_LENGTH + count * HASH_LENGTH, head, UDP_ACTION.scrape);
  for (const [index, infoHash] of infoHashes.entries()) {
    packet.set(infoHash, HEADER_LENGTH + index * HASH_LENGTH);
  }
  return packet;
}

function header(length: number, head: UdpRequestHeader, action: number): Uint8Array<ArrayBuffer> {
  const { connectionId, transactionId } = head;
  if (transactionId >>> 0 !== transactionId) {
    throw new RangeError(
      `Cannot ask with transaction id ${transactionId}: it must be a whole number of 32 bits`,
    );
  }
  if (BigInt.asUintN(64, connectionId) !== connectionId) {
    throw new RangeError(
      `Cannot ask with connection id ${connectionId}: it must be a whole number of 64 bits`,
    );
  }
  const packet = new Uint8Array(length);
  const view = viewOf(packet);
  view.setBigUint64(0, connectionId);
  view.setUint32(8, action);
  view.setUint32(12, transactionId);
  return packet;
}
