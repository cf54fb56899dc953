import type { AnnounceIssue, AnnounceResponse } from '../announce.ts';
import { boundedText, clampInterval } from '../answer-fields.ts';
import { COMPACT_IPV4_LENGTH, COMPACT_IPV6_LENGTH, compactPeers } from '../compact-peers.ts';
import { DEFAULT_MAX_PEERS } from '../decode-announce-response.ts';
import { TrackerError } from '../error.ts';
import { PeerCollector } from '../peer-collector.ts';
import { bound } from '../quote.ts';
import { redactText, redactUrl } from '../redact.ts';
import type { ScrapeEntry } from '../scrape.ts';
import { UDP_ACTION, UDP_HEADER_LENGTH, viewOf, type UdpQuestion } from './udp-packet.ts';

export interface DecodeUdpOptions {
  /** What the answer must repeat. */
  readonly transactionId: number;
  /** The announce URL, for errors: they show it without its passkey. */
  readonly tracker?: string | undefined;
}

export interface DecodeUdpAnnounceOptions extends DecodeUdpOptions {
  /** Family of the socket it came by: it says how long a peer is. */
  readonly family: 4 | 6;
  /** Peers taken from one answer. @defaultValue 500 */
  readonly maxPeers?: number;
}

const CONNECT_LENGTH = 16;
const ANNOUNCE_LENGTH = 20;
const SCRAPE_ENTRY_LENGTH = 12;

/** Reads the connection id a tracker gives. @throws {TrackerError} `FAILURE` or `MALFORMED_PACKET`. */
export function decodeUdpConnect(packet: Uint8Array, options: DecodeUdpOptions): bigint {
  return checkedAnswer(packet, 'connect', CONNECT_LENGTH, options).getBigUint64(8);
}

/**
 * Reads the answer to an announce. What is left out and moved into bounds is the same as of an HTTP tracker.
 *
 * @throws {TrackerError} `FAILURE` if the tracker refuses, `MALFORMED_PACKET` if it is no answer to what was asked.
 * @throws {RangeError} if `maxPeers` is not a whole number of at least 0.
 * @see {@link https://www.bittorrent.org/beps/bep_0015.html | BEP 15}
 */
export function decodeUdpAnnounce(packet: Uint8Array, options: DecodeUdpAnnounceOptions): AnnounceResponse {
  const { family, maxPeers = DEFAULT_MAX_PEERS } = options;
  if (!Number.isSafeInteger(maxPeers) || maxPeers < 0) {
    throw new RangeError(`Cannot decode with maxPeers ${maxPeers}: it must be a whole number of at least 0`);
  }
  const view = checkedAnswer(packet, 'announce', ANNOUNCE_LENGTH, options);
  const issues: AnnounceIssue[] = [];
  const intervalMs = clampInterval(view.getUint32(8) * 1_000);
  if (intervalMs !== view.getUint32(8) * 1_000) issues.push({ code: 'CLAMPED', field: 'interval' });
  const list = packet.subarray(ANNOUNCE_LENGTH);
  const entryLength = family === 4 ? COMPACT_IPV4_LENGTH : COMPACT_IPV6_LENGTH;
  const byteCount = list.length % entryLength;
  if (byteCount > 0) issues.push({ code: 'PARTIAL_PEER', field: 'peers', byteCount });
  const collector = new PeerCollector(maxPeers);
  collector.addAll(compactPeers(list, entryLength), Math.floor(list.length / entryLength));
  return {
    peers: collector.peers,
    intervalMs,
    leechers: view.getUint32(12),
    seeders: view.getUint32(16),
    issues: [...issues, ...collector.issues()],
  };
}

/**
 * Reads the answer to a scrape of `count` torrents: one entry each, in the order asked.
 *
 * @throws {TrackerError} `FAILURE`, or `MALFORMED_PACKET` also if it is too short for all of them.
 */
export function decodeUdpScrape(packet: Uint8Array, count: number, options: DecodeUdpOptions): ScrapeEntry[] {
  const view = checkedAnswer(packet, 'scrape', UDP_HEADER_LENGTH + count * SCRAPE_ENTRY_LENGTH, options);
  return Array.from({ length: count }, (_, index) => {
    const start = UDP_HEADER_LENGTH + index * SCRAPE_ENTRY_LENGTH;
    return {
      seeders: view.getUint32(start),
      downloads: view.getUint32(start + 4),
      leechers: view.getUint32(start + 8),
    };
  });
}

/** Checks that a packet answers what was asked, and is long enough for it: it may be longer. */
function checkedAnswer(
  packet: Uint8Array,
  question: UdpQuestion,
  minLength: number,
  { transactionId, tracker }: DecodeUdpOptions,
): DataView {
  const shown = tracker === undefined ? undefined : redactUrl(tracker);
  const malformed = (field: 'length' | 'action' | 'transactionId', found: number, expected: number): Error =>
    new TrackerError({ code: 'MALFORMED_PACKET', tracker: shown, field, found, expected });
  if (packet.length < UDP_HEADER_LENGTH) throw malformed('length', packet.length, minLength);
  const view = viewOf(packet);
  const foundId = view.getUint32(4);
  if (foundId !== transactionId) throw malformed('transactionId', foundId, transactionId);
  const action = view.getUint32(0);
  if (action === UDP_ACTION.error) {
    const text = boundedText(packet.subarray(UDP_HEADER_LENGTH));
    const reason = bound(tracker === undefined ? text : redactText(text, tracker));
    throw new TrackerError({
      code: 'FAILURE',
      tracker: shown,
      reason,
      retryMs: undefined,
      status: undefined,
    });
  }
  if (action !== UDP_ACTION[question]) throw malformed('action', action, UDP_ACTION[question]);
  if (packet.length < minLength) throw malformed('length', packet.length, minLength);
  return view;
}
