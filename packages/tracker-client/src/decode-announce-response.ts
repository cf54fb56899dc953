import type { BencodeValue } from '@millrace/bencode';
import type { AnnounceResponse } from './announce.ts';
import type { AnswerFields } from './answer-fields.ts';
import { MAX_TRACKER_ID_LENGTH } from './check-request.ts';
import { COMPACT_IPV4_LENGTH, COMPACT_IPV6_LENGTH, compactPeers } from './compact-peers.ts';
import { dictionaryPeers } from './dictionary-peers.ts';
import { formatIp } from './ip-address.ts';
import { PeerCollector } from './peer-collector.ts';
import { readAnswer } from './read-answer.ts';

export interface DecodeResponseOptions {
  /** Peers taken from one answer. @defaultValue 500 */
  readonly maxPeers?: number;
  /** The tracker that answered, for errors; its passkey is left out of them. */
  readonly tracker?: string;
}

export const DEFAULT_MAX_PEERS = 500;
/** BEP 3 names none; what most trackers say, in milliseconds. */
const DEFAULT_INTERVAL_MS = 1_800_000;

/**
 * Decodes the body of an answer to an announce. Peers may be compact (BEP 23 and 7) or in the old form. Trackers are
 * sloppy: fields that mean nothing count as absent, and bencode that is not canonical is read; both are `issues`.
 *
 * @throws {TrackerError} `FAILURE` if the tracker refuses, `MALFORMED` if the body is no bencoded dictionary.
 * @throws {RangeError} if `maxPeers` is not a whole number of at least 0.
 * @see {@link https://www.bittorrent.org/beps/bep_0003.html | BEP 3, trackers}
 */
export function decodeAnnounceResponse(
  body: Uint8Array,
  options: DecodeResponseOptions = {},
): AnnounceResponse {
  const { maxPeers = DEFAULT_MAX_PEERS, tracker } = options;
  if (!Number.isSafeInteger(maxPeers) || maxPeers < 0) {
    throw new RangeError(`Cannot decode with maxPeers ${maxPeers}: it must be a whole number of at least 0`);
  }
  const { fields, issues } = readAnswer(body, tracker);
  const peers = readPeers(fields, maxPeers);
  const minIntervalMs = fields.intervalMs('min interval');
  const seeders = fields.count('complete');
  const leechers = fields.count('incomplete');
  const downloads = fields.count('downloaded');
  const trackerId = fields.bytes('tracker id', (length) => length <= MAX_TRACKER_ID_LENGTH);
  const warning = fields.text('warning message');
  const external = fields.bytes('external ip', (length) => length === 4 || length === 16);
  if (fields.get('interval') === undefined) fields.issues.push({ code: 'MISSING_FIELD', field: 'interval' });
  return {
    peers: peers.peers,
    intervalMs: fields.intervalMs('interval') ?? DEFAULT_INTERVAL_MS,
    ...(minIntervalMs === undefined ? {} : { minIntervalMs }),
    ...(seeders === undefined ? {} : { seeders }),
    ...(leechers === undefined ? {} : { leechers }),
    ...(downloads === undefined ? {} : { downloads }),
    ...(trackerId === undefined ? {} : { trackerId }),
    ...(warning === undefined ? {} : { warning }),
    ...(external === undefined ? {} : { externalAddress: formatIp(external) }),
    issues: [...issues, ...fields.issues, ...peers.issues()],
  };
}

function readPeers(fields: AnswerFields, maxPeers: number): PeerCollector {
  const collector = new PeerCollector(maxPeers);
  const lists = [
    ['peers', COMPACT_IPV4_LENGTH],
    ['peers6', COMPACT_IPV6_LENGTH],
  ] as const;
  for (const [field, entryLength] of lists) {
    const value = fields.get(field);
    if (value instanceof Uint8Array) {
      collector.addAll(compactPeers(value, entryLength), Math.floor(value.length / entryLength));
      const byteCount = value.length % entryLength;
      if (byteCount > 0) fields.issues.push({ code: 'PARTIAL_PEER', field, byteCount });
    } else if (Array.isArray(value)) {
      const list: readonly BencodeValue[] = value;
      collector.addAll(dictionaryPeers(list), list.length);
    } else if (value !== undefined) {
      fields.invalid(field);
    }
  }
  const isMissing = lists.every(([field]) => fields.get(field) === undefined);
  if (isMissing) fields.issues.push({ code: 'MISSING_FIELD', field: 'peers' });
  return collector;
}
